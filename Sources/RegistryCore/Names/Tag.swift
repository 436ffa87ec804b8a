/// A movable name of a manifest within a repository, such as `latest`.
///
/// The grammar is that of the [OCI distribution specification, *Pulling manifests*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests):
/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
public struct Tag: Sendable, Hashable {
    /// The longest tag in bytes.
    public static let maximumLength = 128

    /// The tag as text.
    public let description: String

    /// Parses a tag.
    ///
    /// - Throws: ``NameError`` that says where the tag breaks the grammar.
    @specialized(where Text == Substring)
    @specialized(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(NameError) {
        let utf8 = text.utf8
        guard utf8.count <= Self.maximumLength else { throw .tooLong(limit: Self.maximumLength) }
        for (position, character) in utf8.enumerated() {
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                continue
            case UInt8(ascii: "."), UInt8(ascii: "-"):
                guard position > 0 else { throw .invalidCharacter(at: position, in: String(text)) }
            default: throw .invalidCharacter(at: position, in: String(text))
            }
        }
        guard !utf8.isEmpty else { throw .invalidCharacter(at: 0, in: "") }
        description = String(text)
    }

    /// Parses a tag; `nil` when it breaks the grammar.
    public init?(_ text: some StringProtocol) {
        do { try self.init(parsing: text) } catch { return nil }
    }
}

extension Tag: CustomStringConvertible {}

extension Tag: Comparable {
    /// Orders tags byte by byte, as a tag list gives them.
    public static func < (left: Tag, right: Tag) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
