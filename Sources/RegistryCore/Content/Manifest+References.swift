extension Manifest {
    /// All that a manifest refers to: the edges that keep content from being collected.
    public struct References: Sendable, Hashable {
        /// The configuration and the layers, in this order; each has to exist before the manifest is accepted, unless
        /// it is one that ``Descriptor/mayBeAbsent``.
        public var blobs: [Descriptor]
        /// The children; each has to exist before the manifest is accepted, unless configuration says otherwise.
        ///
        /// A child may be a plain blob: build caches are indexes of layers, and the replaced server accepts
        /// a child that the repository has as a blob only.
        public var manifests: [Descriptor]
        /// What the manifest is about; it may come later, or never.
        public var subject: Descriptor?
    }

    /// All that the manifest refers to.
    public var references: References {
        References(blobs: (config.map { [$0] } ?? []) + layers, manifests: manifests, subject: subject)
    }
}
