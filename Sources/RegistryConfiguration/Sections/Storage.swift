extension Configuration {
    /// `storage`: the driver and what applies to any driver.
    public struct Storage: Sendable, Hashable {
        /// Where the content of the store is.
        public enum Driver: Sendable, Hashable {
            /// Files.
            case filesystem(Filesystem)
            /// Memory, lost with the process.
            case inmemory
            /// S3 or what speaks its protocol, under the name `s3` or `s3aws`.
            case s3(S3)
            /// Google Cloud Storage.
            case gcs(GCS)
            /// Azure Blob Storage.
            case azure(Azure)

            /// The peer's name of the driver, which health checks and metrics show.
            public var name: String {
                switch self {
                case .filesystem: "filesystem"
                case .inmemory: "inmemory"
                case .s3: "s3aws"
                case .gcs: "gcs"
                case .azure: "azure"
                }
            }
        }

        /// What keeps descriptors of blobs.
        public enum BlobDescriptorCache: String, Sendable, Hashable {
            /// This process's memory.
            case inmemory
            /// Redis.
            case redis
        }

        /// The removal of uploads that were never finished.
        public struct UploadPurging: Sendable, Hashable {
            /// Whether uploads are removed at all.
            public var isEnabled: Bool
            /// How old an upload must be.
            public var age: Duration
            /// How long to wait between two rounds.
            public var interval: Duration
            /// Whether a round only says what it would remove.
            public var isDryRun: Bool

            init(_ section: Section) {
                isEnabled = section.bool("enabled")
                age = section.duration("age")
                interval = section.duration("interval")
                isDryRun = section.bool("dryrun")
            }
        }

        /// The driver with its parameters.
        public var driver: Driver
        /// The key under which the driver stands in the configuration.
        public var driverKey: String
        /// Whether clients may delete.
        public var isDeleteEnabled: Bool
        /// Whether clients are never sent to the back end itself.
        public var isRedirectDisabled: Bool
        /// What keeps descriptors of blobs, if anything.
        public var cache: BlobDescriptorCache?
        /// How many descriptors are kept in memory; `nil` means no limit.
        public var cacheSize: Int?
        /// The removal of unfinished uploads.
        public var uploadPurging: UploadPurging
        /// Whether the registry refuses every change.
        public var isReadOnly: Bool
        /// How many tags are looked up at a time when a manifest is deleted; `nil` leaves the choice to the server.
        public var tagLookupConcurrency: Int?

        init(_ section: Section) {
            (driver, driverKey) = Self.driver(section)
            isDeleteEnabled = section.required("delete").bool("enabled")
            isRedirectDisabled = section.required("redirect").bool("disable")
            let cacheSection = section.required("cache")
            cache = BlobDescriptorCache(rawValue: cacheSection.string("blobdescriptor"))
            let size = cacheSection.integer("blobdescriptorsize")
            cacheSize = size > 0 ? size : nil
            let maintenance = section.required("maintenance")
            uploadPurging = UploadPurging(maintenance.required("uploadpurging"))
            isReadOnly = maintenance.required("readonly").bool("enabled")
            tagLookupConcurrency = section.required("tag").optionalInteger("concurrencylimit").flatMap {
                $0 > 0 ? $0 : nil
            }
        }

        private static func driver(_ section: Section) -> (Driver, String) {
            for key in ["s3", "s3aws"] {
                if let parameters = section.section(key) { return (.s3(S3(parameters)), key) }
            }
            if let parameters = section.section("gcs") { return (.gcs(GCS(parameters)), "gcs") }
            if let parameters = section.section("azure") { return (.azure(Azure(parameters)), "azure") }
            if section.section("inmemory") != nil { return (.inmemory, "inmemory") }
            return (.filesystem(Filesystem(section.required("filesystem"))), "filesystem")
        }
    }
}
