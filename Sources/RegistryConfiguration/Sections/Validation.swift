extension Configuration {
    /// `validation`: what a pushed manifest must satisfy.
    public struct Validation: Sendable, Hashable {
        /// Which images of an index must exist.
        public enum Platforms: Sendable, Hashable {
            /// All of them.
            case all
            /// None of them.
            case none
            /// Those of these platforms.
            case list([Platform])
        }

        /// A platform of an index's entry.
        public struct Platform: Sendable, Hashable {
            /// The architecture, by Go's name.
            public var architecture: String
            /// The operating system, by Go's name.
            public var os: String

            /// Makes a platform.
            public init(architecture: String, os: String) {
                self.architecture = architecture
                self.os = os
            }
        }

        /// Whether manifests are validated at all.
        public var isEnabled: Bool
        /// Regular expressions, not anchored, of URLs that layers may name. When this and ``deniedURLs`` are empty,
        /// layers may name none.
        public var allowedURLs: [String]
        /// Regular expressions, not anchored, of URLs that layers may not name.
        public var deniedURLs: [String]
        /// Which images of an index must exist.
        public var platforms: Platforms

        init(_ section: Section) {
            let manifests = section.required("manifests")
            let urls = manifests.required("urls")
            let indexes = manifests.required("indexes")
            isEnabled = section.bool("enabled") || !section.bool("disabled")
            allowedURLs = urls.strings("allow")
            deniedURLs = urls.strings("deny")
            switch indexes.string("platforms") {
            case "none": platforms = .none
            case "list":
                platforms = .list(
                    indexes.sections("platformlist").map {
                        Platform(architecture: $0.string("architecture"), os: $0.string("os"))
                    }
                )
            default: platforms = .all
            }
        }
    }
}
