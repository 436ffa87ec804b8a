/// A pattern for tags: `*` stands for any characters, none included, and `?` for one.
public struct TagPattern: Sendable, Hashable {
    /// The pattern as it was written.
    public let text: String
    private let bytes: [UInt8]

    /// Takes a pattern.
    ///
    /// - Returns: `nil` when no tag can match: nothing at all, a character that no tag has, or more than 128 of them.
    public init?(_ text: String) {
        bytes = Array(text.utf8)
        self.text = text
        guard (1...128).contains(bytes.count), bytes.allSatisfy(Self.isValid) else { return nil }
    }

    /// Whether a tag matches. The cost is at most the product of both lengths.
    public func matches(_ tag: Tag) -> Bool { Wildcards.match(Array(tag.description.utf8), bytes) }

    private static func isValid(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            Wildcards.star, Wildcards.one:
            true
        default: false
        }
    }
}
