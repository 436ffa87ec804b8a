extension Descriptor {
    /// Whether a registry may accept a manifest that refers to this content without having the content.
    ///
    /// A layer that may not be redistributed is fetched from its ``urls``: always for Docker's foreign layers, and for
    /// OCI's nondistributable layers if there are any.
    public var mayBeAbsent: Bool {
        if mediaType == .dockerForeignLayer { return true }
        return !urls.isEmpty && MediaType.nondistributableLayers.contains(mediaType)
    }
}

extension MediaType {
    /// A Docker layer that is fetched from elsewhere.
    public static let dockerForeignLayer = MediaType(known: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")

    /// OCI layers that may not be redistributed; deprecated there, but still found in images of Windows.
    static let nondistributableLayers: Set<MediaType> = [
        MediaType(known: "application/vnd.oci.image.layer.nondistributable.v1.tar"),
        MediaType(known: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
        MediaType(known: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"),
    ]

    /// Whether this is a manifest of one image: OCI's or Docker's.
    public var isImageManifest: Bool { self == .ociManifest || self == .dockerManifest }

    /// Whether this is a list of manifests: an OCI index or a Docker manifest list.
    public var isIndex: Bool { self == .ociIndex || self == .dockerManifestList }

    /// Whether a registry stores content of this type as a manifest.
    public var isManifest: Bool { isImageManifest || isIndex }
}
