extension Descriptor {
    /// What a child of an index runs on
    /// ([OCI image specification, *Image index*](https://github.com/opencontainers/image-spec/blob/main/image-index.md)).
    public struct Platform: Sendable, Hashable {
        /// The architecture, as Go names it: `amd64`.
        public var architecture: String
        /// The operating system, as Go names it: `linux`.
        public var os: String
        /// The variant of the architecture, such as `v7`.
        public var variant: String?
        /// The version of the operating system that is needed.
        public var osVersion: String?
        /// The features of the operating system that are needed, such as `win32k`.
        public var osFeatures: [String]

        /// Makes a platform.
        public init(
            architecture: String,
            os: String,
            variant: String? = nil,
            osVersion: String? = nil,
            osFeatures: [String] = []
        ) {
            self.architecture = architecture
            self.os = os
            self.variant = variant
            self.osVersion = osVersion
            self.osFeatures = osFeatures
        }
    }
}
