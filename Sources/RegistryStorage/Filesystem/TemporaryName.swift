import RegistryCore
import Synchronization

/// The names of files that are being written, as the CNCF distribution server (3.1) gives them:
/// `<name>.<uuid>.tmp`, beside the file's place. Both servers leave such names out of what they list, whoever
/// crashed.
enum TemporaryName {
    /// `.`, 36 characters, `.tmp`.
    private static let suffixLength = 1 + 36 + 4

    /// What tells this process from all others: 122 random bits, to whose lower half a count is added. Fresh ones for
    /// each name cost two calls of the kernel.
    private static let process = (high: UInt64.random(in: .min ... .max), low: UInt64.random(in: .min ... .max))
    private static let count = Atomic<UInt64>(0)

    /// The two halves of a name's number.
    private struct Bits: RandomNumberGenerator {
        var halves: (next: UInt64, last: UInt64)

        mutating func next() -> UInt64 {
            defer { halves.next = halves.last }
            return halves.next
        }
    }

    /// A name that no one else uses.
    static func make(for path: String) -> String {
        let number = process.low &+ count.wrappingAdd(1, ordering: .relaxed).newValue
        var bits = Bits(halves: (process.high, number))
        return "\(path).\(UploadID(using: &bits)).tmp"
    }

    /// Whether a file of this name is one that is being written, or was when its writer crashed.
    static func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count > suffixLength, name.last == UInt8(ascii: "p") else { return false }
        let start = name.count - suffixLength
        guard name[start] == UInt8(ascii: "."), name[start + 37] == UInt8(ascii: "."),
            name[start + 38] == UInt8(ascii: "t"), name[start + 39] == UInt8(ascii: "m")
        else { return false }
        for index in 0..<36 {
            let character = name[start + 1 + index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == UInt8(ascii: "-") else { return false }
            } else {
                guard isHexadecimal(character) else { return false }
            }
        }
        return true
    }

    private static func isHexadecimal(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
