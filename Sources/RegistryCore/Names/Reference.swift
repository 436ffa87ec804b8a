/// What a manifest is asked for by: a tag or a digest.
///
/// A colon decides, because a tag can't hold one
/// ([OCI distribution specification, *Pulling manifests*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)).
public enum Reference: Sendable, Hashable {
    /// A tag.
    case tag(Tag)
    /// A digest.
    case digest(Digest)

    /// Parses a reference.
    ///
    /// - Throws: ``ReferenceError``, by what the text looks like.
    @specialized(where Text == Substring)
    @specialized(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(ReferenceError) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            do { self = .digest(try Digest(parsing: text)) } catch { throw .digest(error) }
        } else {
            do { self = .tag(try Tag(parsing: text)) } catch { throw .tag(error) }
        }
    }
}

extension Reference: CustomStringConvertible {
    /// The tag or digest as text.
    public var description: String {
        switch self {
        case .tag(let tag): tag.description
        case .digest(let digest): digest.description
        }
    }
}

/// Why a text is neither a tag nor a digest.
public enum ReferenceError: Error, Hashable, Sendable {
    /// The text has no colon and is not a tag.
    case tag(NameError)
    /// The text has a colon and is not a digest.
    case digest(DigestError)
}
