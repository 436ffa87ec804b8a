public import NIOCore

/// An image manifest or an index: what a tag points at
/// ([OCI image specification, *Image manifest*](https://github.com/opencontainers/image-spec/blob/main/manifest.md)
/// and [*Image index*](https://github.com/opencontainers/image-spec/blob/main/image-index.md)).
///
/// The bytes are stored and served as they came; the other properties are what the registry reads in them.
/// ``init(parsing:mediaType:limits:)`` checks what a client sends, ``init(stored:mediaType:)`` reads what was accepted
/// before, by whichever server.
public struct Manifest: Sendable {
    /// The manifest, verbatim.
    public let bytes: ByteBuffer
    /// The type that it is served as.
    public let mediaType: MediaType
    /// The configuration of an image; `nil` for an index.
    public var config: Descriptor? { parts.config }
    /// The layers of an image; none for an index.
    public var layers: [Descriptor] { parts.layers }
    /// The children of an index; none for an image.
    public var manifests: [Descriptor] { parts.manifests }
    /// The manifest that this one is about, such as the image that a signature signs. It need not exist.
    public var subject: Descriptor? { parts.subject }
    /// The kind of artifact, where the manifest says one.
    public var artifactType: String? { parts.artifactType }
    /// Free properties.
    public var annotations: [String: String] { parts.annotations }

    /// What a pull does not look at. One reference, where a copy from the cache took twenty reference counts.
    private final class Parts: Sendable {
        let config: Descriptor?
        let layers: [Descriptor]
        let manifests: [Descriptor]
        let subject: Descriptor?
        let artifactType: String?
        let annotations: [String: String]

        init(
            config: Descriptor?,
            layers: [Descriptor],
            manifests: [Descriptor],
            subject: Descriptor?,
            artifactType: String?,
            annotations: [String: String]
        ) {
            self.config = config
            self.layers = layers
            self.manifests = manifests
            self.subject = subject
            self.artifactType = artifactType
            self.annotations = annotations
        }
    }

    private let parts: Parts

    init(
        bytes: ByteBuffer,
        mediaType: MediaType,
        config: Descriptor?,
        layers: [Descriptor],
        manifests: [Descriptor],
        subject: Descriptor?,
        artifactType: String?,
        annotations: [String: String]
    ) {
        self.bytes = bytes
        self.mediaType = mediaType
        parts = Parts(
            config: config,
            layers: layers,
            manifests: manifests,
            subject: subject,
            artifactType: artifactType,
            annotations: annotations
        )
    }

    /// The manifest's address. Hashes the bytes at each call.
    public func digest(_ algorithm: DigestAlgorithm = .canonical) -> Digest {
        ContentHasher.digest(of: bytes, algorithm: algorithm)
    }

    /// The kind of artifact as a list of referrers gives it: an image without one has its configuration's type, an
    /// index has none
    /// ([OCI distribution specification, *Listing referrers*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)).
    public var effectiveArtifactType: String? {
        artifactType ?? (mediaType.isIndex ? nil : config?.mediaType.description)
    }

    /// The descriptor by which a list of referrers, or an index, refers to this manifest.
    ///
    /// - Parameter digest: the address under which the manifest is stored.
    public func descriptor(digest: Digest) -> Descriptor {
        Descriptor(
            mediaType: mediaType,
            digest: digest,
            size: Int64(bytes.readableBytes),
            annotations: annotations,
            artifactType: effectiveArtifactType
        )
    }
}
