/// The name of an upload session.
///
/// A client treats it as opaque. It is one component of a path in the store, so its grammar is that of such a
/// component: `[A-Za-z0-9._-]`, at most 128 bytes, and never only dots.
public struct UploadID: Sendable, Hashable {
    /// The longest identifier in bytes.
    public static let maximumLength = 128

    /// The identifier as text.
    public let description: String

    /// Makes a new random identifier: a version 4 UUID in lower case, as the replaced server makes them.
    ///
    /// - Parameter generator: where the 128 random bits come from; tests inject their own.
    public init(using generator: inout some RandomNumberGenerator) {
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        description = String(unsafeUninitializedCapacity: 36) { characters in
            let free = UnsafeMutableRawBufferPointer(characters)
            // From the right: of a group of four digits, the four zeros before it lie where the next number goes.
            UInt32(truncatingIfNeeded: low).putHex(into: free, at: 28)
            UInt32(low >> 32 & 0xFFFF).putHex(into: free, at: 20)
            UInt32(low >> 48).putHex(into: free, at: 15)
            UInt32(high & 0xFFFF).putHex(into: free, at: 10)
            UInt32(high >> 16 & 0xFFFF).putHex(into: free, at: 5)
            UInt32(high >> 32).putHex(into: free, at: 0)
            for place in [8, 13, 18, 23] { free[place] = UInt8(ascii: "-") }
            return 36
        }
    }

    /// Makes a new random identifier from the system's generator.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Parses an identifier that a client sent; `nil` when none of ours can look so.
    @specialized(where Text == Substring)
    @specialized(where Text == String)
    public init?<Text: StringProtocol>(_ text: Text) {
        guard StoragePath.isComponent(text), text.utf8.count <= Self.maximumLength else { return nil }
        description = String(text)
    }
}

extension UploadID: CustomStringConvertible {}
