/// Base64 in the alphabet that is safe in URLs, with padding
/// ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Encodes bytes.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        // Once an array, the rest need not go through the collection's witnesses: other modules get no specialised copy.
        let bytes = Array(bytes)
        return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
            var end = 0
            func append(_ group: UInt32, characters: Int) {
                for position in 0..<characters {
                    text.initializeElement(at: end, to: alphabet[Int(group >> UInt32(18 - 6 * position)) & 63])
                    end += 1
                }
            }
            var group: UInt32 = 0
            var inGroup = 0
            for byte in bytes {
                group = group << 8 | UInt32(byte)
                inGroup += 1
                if inGroup == 3 {
                    append(group, characters: 4)
                    (group, inGroup) = (0, 0)
                }
            }
            if inGroup > 0 {
                append(group << UInt32(8 * (3 - inGroup)), characters: inGroup + 1)
                for _ in inGroup..<3 {
                    text.initializeElement(at: end, to: UInt8(ascii: "="))
                    end += 1
                }
            }
            return end
        }
    }

    /// Decodes a text.
    ///
    /// - Returns: `nil` when the text is not what ``encode(_:)`` gives for any bytes: another alphabet, a line break,
    ///   wrong padding, or bits set after the last byte.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for character in characters.dropLast(padding) {
            guard let value = value(of: character) else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= (1 << UInt32(bits)) - 1
            }
        }
        return group == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
