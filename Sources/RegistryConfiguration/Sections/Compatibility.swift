extension Configuration {
    /// `compatibility` of version 2: manifests of schema 1.
    public struct Compatibility: Sendable, Hashable {
        /// Whether manifests of schema 1 are wanted.
        public var isSchema1Enabled: Bool
        /// The file of the key that signs them.
        public var signingKeyFile: String?

        init(_ section: Section) {
            let schema1 = section.required("schema1")
            isSchema1Enabled = schema1.bool("enabled")
            signingKeyFile = schema1.optionalString("signingkeyfile")
        }
    }
}
