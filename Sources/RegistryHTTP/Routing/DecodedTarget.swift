/// A request's target, parted into a decoded path and the members of its query.
///
/// The path is decoded once and never again, so that what is checked is what is used: `%252e` stays `%2e`, which no
/// name may hold.
struct DecodedTarget {
    /// The path, decoded; `nil` when an escape in it is broken or the bytes are not UTF-8.
    let path: String?
    /// The query's members in order, decoded. A broken escape stays as it is.
    let query: [(name: String, value: String)]

    init(_ target: String) {
        // By its bytes where they lie: an upload's state is a member of some 300, and through a text's indices each
        // took 150 instructions.
        var target = target
        (path, query) = target.withUTF8 { bytes in
            let question = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
            return (
                Self.decode(bytes[..<question], plusIsSpace: false),
                question == bytes.endIndex ? [] : Self.members(bytes[(question + 1)...])
            )
        }
    }

    /// The first value of a member.
    subscript(name: String) -> String? { query.first { $0.name == name }?.value }

    /// All values of a member, in order.
    func values(of name: String) -> [String] { query.lazy.filter { $0.name == name }.map(\.value) }

    private static func members(_ query: Slice<UnsafeBufferPointer<UInt8>>) -> [(name: String, value: String)] {
        query.split(separator: UInt8(ascii: "&")).map { member in
            let equals = member.firstIndex(of: UInt8(ascii: "=")) ?? member.endIndex
            return (text(member[..<equals]), text(member[equals...].dropFirst()))
        }
    }

    /// A name or a value.
    private static func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        decode(bytes, plusIsSpace: true) ?? String(decoding: bytes, as: UTF8.self)
    }

    private static func decode(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, plusIsSpace: Bool) -> String? {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") && plusIsSpace }) else {
            // They are a part of a text, and begin and end where a character does.
            return String(decoding: bytes, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(nibble), let low = rest.next().flatMap(nibble) else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
