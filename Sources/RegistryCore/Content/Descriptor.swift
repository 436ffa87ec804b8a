/// What a manifest says of content that it refers to
/// ([OCI image specification, *Content descriptors*](https://github.com/opencontainers/image-spec/blob/main/descriptor.md)).
///
/// Members that this type does not have stay in the manifest's bytes, which are stored and served as they came.
public struct Descriptor: Sendable, Hashable {
    /// The content's type.
    public var mediaType: MediaType
    /// The content's address.
    public var digest: Digest
    /// The content's length in bytes.
    public var size: Int64
    /// Where the content can be fetched from besides the registry.
    public var urls: [String]
    /// Free properties, sorted by nothing: as the manifest has them.
    public var annotations: [String: String]
    /// What kind of artifact the content is, where it is one.
    public var artifactType: String?
    /// The operating system and architecture that the content is for.
    public var platform: Platform?

    /// Makes a descriptor.
    public init(
        mediaType: MediaType,
        digest: Digest,
        size: Int64,
        urls: [String] = [],
        annotations: [String: String] = [:],
        artifactType: String? = nil,
        platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.artifactType = artifactType
        self.platform = platform
    }
}
