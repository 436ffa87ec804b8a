/// What a manifest may cost.
public struct ManifestLimits: Sendable, Hashable {
    /// The longest manifest in bytes.
    public var bytes: Int
    /// The most layers of an image manifest.
    public var layers: Int
    /// The most children of an index.
    public var children: Int
    /// What its JSON may cost.
    public var json: JSONLimits

    /// Makes limits.
    ///
    /// The defaults: 4 MiB is the limit of the replaced server and the least that the
    /// [OCI distribution specification, *Pushing manifests*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests)
    /// asks for. Each layer costs a look at the store, so there are at most 4096: a container can't mount more than a
    /// few hundred, and artifacts with a layer for each file stay below. An index may have 16 384 children, which leaves
    /// 256 bytes for each within 4 MiB. Annotations are bounded by the manifest's length only.
    public init(
        bytes: Int = 4 << 20,
        layers: Int = 4096,
        children: Int = 16_384,
        json: JSONLimits = .default
    ) {
        self.bytes = bytes
        self.layers = layers
        self.children = children
        self.json = json
    }

    /// The limits for what a client sends.
    public static let `default` = ManifestLimits()
}
