extension Configuration {
    /// `redis`, of version 2 or 3: a key of version 2 stands for its successor where that isn't set.
    public struct Redis: Sendable, Hashable {
        /// Files for TLS.
        public struct TLS: Sendable, Hashable {
            /// The client's certificate.
            public var certificate: String?
            /// The client's key.
            public var key: String?
            /// Authorities of the server's certificate; empty means the system's.
            public var rootCAs: [String]
        }

        /// The servers: one, or a cluster's, or the sentinels'.
        public var addresses: [String]
        /// The master's name at the sentinels.
        public var masterName: String?
        /// The name that connections give themselves.
        public var clientName: String?
        /// The number of the database.
        public var database: Int
        /// The version of the wire protocol.
        public var protocolVersion: Int
        /// The name to log in with.
        public var username: String?
        /// The password to log in with.
        public var password: String?
        /// The name to log in with at the sentinels.
        public var sentinelUsername: String?
        /// The password to log in with at the sentinels.
        public var sentinelPassword: String?
        /// How often a command is tried again; -1 means never.
        public var maxRetries: Int
        /// How long to wait before the first retry; negative means not at all.
        public var minRetryBackoff: Duration
        /// The longest time between two retries; negative means none.
        public var maxRetryBackoff: Duration
        /// How long connecting may take.
        public var dialTimeout: Duration
        /// How long a reply may take; negative means any time.
        public var readTimeout: Duration
        /// How long sending may take; negative means any time.
        public var writeTimeout: Duration
        /// Whether a request's deadline applies to its commands.
        public var honoursContextTimeout: Bool
        /// Whether the connection that rested longest is used first.
        public var isPoolFIFO: Bool
        /// How many connections are kept; `nil` means ten for each core.
        public var poolSize: Int?
        /// How long to wait for a connection; `nil` means the read timeout and a second.
        public var poolTimeout: Duration?
        /// How many connections rest at least.
        public var minIdleConnections: Int
        /// How many connections rest at most; `nil` means any number.
        public var maxIdleConnections: Int?
        /// How many connections exist at most; `nil` means any number.
        public var maxActiveConnections: Int?
        /// How long a connection may rest; `nil` means thirty minutes.
        public var maxIdleTime: Duration?
        /// How long a connection may live; `nil` means for ever.
        public var maxLifetime: Duration?
        /// How many redirects of a cluster are followed.
        public var maxRedirects: Int
        /// Whether replicas may answer reads.
        public var isReadOnly: Bool
        /// Whether the quickest node answers reads.
        public var routesByLatency: Bool
        /// Whether any node answers reads.
        public var routesRandomly: Bool
        /// Whether connections don't name the client library.
        public var isIdentityDisabled: Bool
        /// What follows the client library's name.
        public var identitySuffix: String?
        /// Whether replies that may still change are used.
        public var usesUnstableRESP3: Bool
        /// TLS, if it is configured.
        public var tls: TLS?

        init(_ section: Section) {
            let pool = section.section("pool")
            let addresses = section.strings("addrs")
            self.addresses = addresses.isEmpty ? section.optionalString("addr").map { [$0] } ?? [] : addresses
            masterName = section.optionalString("mastername")
            clientName = section.optionalString("clientname")
            database = section.integer("db")
            protocolVersion = section.integer("protocol")
            username = section.optionalString("username")
            password = section.optionalString("password")
            sentinelUsername = section.optionalString("sentinelusername")
            sentinelPassword = section.optionalString("sentinelpassword")
            maxRetries = section.integer("maxretries")
            minRetryBackoff = section.duration("minretrybackoff")
            maxRetryBackoff = section.duration("maxretrybackoff")
            dialTimeout = section.duration("dialtimeout")
            readTimeout = section.duration("readtimeout")
            writeTimeout = section.duration("writetimeout")
            honoursContextTimeout = section.bool("contexttimeoutenabled")
            isPoolFIFO = section.bool("poolfifo")
            poolSize = section.optionalInteger("poolsize").flatMap(Self.limit)
            poolTimeout = section.optionalDuration("pooltimeout").flatMap(Self.limit)
            minIdleConnections = section.integer("minidleconns")
            maxIdleConnections = (section.optionalInteger("maxidleconns") ?? pool?.optionalInteger("maxidle"))
                .flatMap(Self.limit)
            maxActiveConnections = (section.optionalInteger("maxactiveconns") ?? pool?.optionalInteger("maxactive"))
                .flatMap(Self.limit)
            maxIdleTime = (section.optionalDuration("connmaxidletime") ?? pool?.optionalDuration("idletimeout"))
                .flatMap(Self.limit)
            maxLifetime = section.optionalDuration("connmaxlifetime").flatMap(Self.limit)
            maxRedirects = section.integer("maxredirects")
            isReadOnly = section.bool("readonly")
            routesByLatency = section.bool("routebylatency")
            routesRandomly = section.bool("routerandomly")
            isIdentityDisabled = section.bool("disableidentity")
            identitySuffix = section.optionalString("identitysuffix")
            usesUnstableRESP3 = section.bool("unstableresp3")
            tls = section.section("tls").map {
                TLS(
                    certificate: $0.optionalString("certificate"),
                    key: $0.optionalString("key"),
                    rootCAs: $0.strings("rootcas")
                )
            }
        }

        /// Zero means that nobody set a limit.
        private static func limit(_ number: Int) -> Int? { number == 0 ? nil : number }
        private static func limit(_ duration: Duration) -> Duration? { duration == .zero ? nil : duration }
    }
}
