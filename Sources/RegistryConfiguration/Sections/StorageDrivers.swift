extension Configuration.Storage {
    /// Parameters of files.
    public struct Filesystem: Sendable, Hashable {
        /// The folder that holds the store.
        public var rootDirectory: String
        /// How many operations on files may run at a time, at least 25.
        public var maxThreads: Int

        init(_ section: Section) {
            rootDirectory = section.string("rootdirectory")
            maxThreads = max(25, section.integer("maxthreads"))
        }
    }

    /// Parameters of S3.
    public struct S3: Sendable, Hashable {
        /// The access key; `nil` leaves it to the provider's usual sources.
        public var accessKey: String?
        /// The secret key; `nil` leaves it to the provider's usual sources.
        public var secretKey: String?
        /// The region; may be `nil` only beside an endpoint.
        public var region: String?
        /// The endpoint of a service that isn't Amazon's.
        public var regionEndpoint: String?
        /// The endpoint that clients are sent to, if it differs.
        public var redirectEndpoint: String?
        /// Whether the bucket stands in the path; `nil` when nobody said, so that version 2's rule can apply.
        public var forcesPathStyle: Bool?
        /// The bucket.
        public var bucket: String
        /// Whether objects are encrypted at rest.
        public var isEncrypted: Bool
        /// The key's id for encryption at rest.
        public var keyID: String?
        /// Whether TLS is used.
        public var isSecure: Bool
        /// Whether the endpoint's certificate goes unchecked.
        public var skipsVerification: Bool
        /// Whether requests carry signatures of version 4.
        public var usesV4Signatures: Bool
        /// Bytes of one part of an upload.
        public var chunkSize: Int
        /// Bytes of one part of a copy.
        public var multipartCopyChunkSize: Int
        /// How many parts are copied at a time.
        public var multipartCopyMaxConcurrency: Int
        /// Bytes above which an object is copied in parts.
        public var multipartCopyThresholdSize: Int
        /// The prefix of all keys.
        public var rootDirectory: String
        /// The storage class; `nil` sends none.
        public var storageClass: String?
        /// The value of the User-Agent header.
        public var userAgent: String?
        /// The canned access control list of new objects.
        public var objectACL: String
        /// Whether the dual stack endpoint is used.
        public var usesDualStack: Bool
        /// Whether the acceleration endpoint is used.
        public var accelerates: Bool
        /// Whether the FIPS endpoint is used.
        public var usesFIPSEndpoint: Bool
        /// What the client logs, `off` or one of the peer's words.
        public var logLevel: String

        init(_ section: Section) {
            accessKey = section.optionalString("accesskey")
            secretKey = section.optionalString("secretkey")
            region = section.optionalString("region")
            regionEndpoint = section.optionalString("regionendpoint")
            redirectEndpoint = section.optionalString("redirectendpoint")
            forcesPathStyle = section.optionalBool("forcepathstyle")
            bucket = section.string("bucket")
            isEncrypted = section.bool("encrypt")
            keyID = section.optionalString("keyid")
            isSecure = section.bool("secure")
            skipsVerification = section.bool("skipverify")
            usesV4Signatures = section.bool("v4auth")
            chunkSize = section.integer("chunksize")
            multipartCopyChunkSize = section.integer("multipartcopychunksize")
            multipartCopyMaxConcurrency = section.integer("multipartcopymaxconcurrency")
            multipartCopyThresholdSize = section.integer("multipartcopythresholdsize")
            rootDirectory = section.string("rootdirectory")
            let storageClass = section.string("storageclass")
            self.storageClass = storageClass == "NONE" ? nil : storageClass
            userAgent = section.optionalString("useragent")
            objectACL = section.string("objectacl")
            usesDualStack = section.bool("usedualstack")
            accelerates = section.bool("accelerate")
            usesFIPSEndpoint = section.bool("usefipsendpoint")
            logLevel = section.string("loglevel")
        }
    }

    /// Parameters of Google Cloud Storage.
    public struct GCS: Sendable, Hashable {
        /// The bucket.
        public var bucket: String
        /// The file of a service account's key.
        public var keyFile: String?
        /// A service account's key as JSON.
        public var credentialsJSON: String?
        /// The prefix of all names.
        public var rootDirectory: String
        /// Bytes of one chunk of an upload.
        public var chunkSize: Int
        /// How many requests run at a time, at least 25.
        public var maxConcurrency: Int
        /// The value of the User-Agent header.
        public var userAgent: String?

        init(_ section: Section) {
            bucket = section.string("bucket")
            keyFile = section.optionalString("keyfile")
            credentialsJSON = section.section("credentials")?.value.json
            rootDirectory = section.string("rootdirectory")
            chunkSize = section.integer("chunksize")
            maxConcurrency = max(25, section.integer("maxconcurrency"))
            userAgent = section.optionalString("useragent")
        }
    }

    /// Parameters of Azure Blob Storage.
    public struct Azure: Sendable, Hashable {
        /// How requests are authorized.
        public enum Credentials: Sendable, Hashable {
            /// With the account's key.
            case sharedKey
            /// With an application's secret.
            case clientSecret(clientID: String, tenantID: String, secret: String)
            /// With what the environment offers.
            case defaultCredentials
        }

        /// The account's name.
        public var accountName: String
        /// The account's key, in base64.
        public var accountKey: String?
        /// The container.
        public var container: String
        /// How requests are authorized.
        public var credentials: Credentials
        /// A connection string, which replaces key and endpoint.
        public var connectionString: String?
        /// The domain of the service.
        public var realm: String
        /// The service's URL.
        public var serviceURL: String
        /// The prefix of all names.
        public var rootDirectory: String
        /// How often a request is tried again.
        public var maxRetries: Int
        /// How long to wait before the first retry.
        public var retryDelay: Duration
        /// Whether the service's certificate goes unchecked.
        public var skipsVerification: Bool

        init(_ section: Section) {
            accountName = section.string("accountname")
            accountKey = section.optionalString("accountkey")
            container = section.string("container")
            credentials = Self.credentials(section.section("credentials"))
            connectionString = section.optionalString("connectionstring")
            realm = section.string("realm")
            serviceURL = section.optionalString("serviceurl") ?? "https://\(accountName).blob.\(realm)"
            rootDirectory = section.string("rootdirectory")
            maxRetries = section.integer("max_retries")
            retryDelay = section.duration("retry_delay")
            skipsVerification = section.bool("skipverify")
        }

        private static func credentials(_ section: Section?) -> Credentials {
            switch section?.string("type") {
            case "client_secret":
                .clientSecret(
                    clientID: section?.string("clientid") ?? "",
                    tenantID: section?.string("tenantid") ?? "",
                    secret: section?.string("secret") ?? ""
                )
            case "default_credentials": .defaultCredentials
            default: .sharedKey
            }
        }
    }
}
