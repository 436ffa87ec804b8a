extension Configuration {
    /// `health`: what is looked at regularly.
    public struct Health: Sendable, Hashable {
        /// How often a check runs and how many failures in a row count.
        public struct Schedule: Sendable, Hashable {
            /// The time between two runs.
            public var interval: Duration
            /// How many failures in a row make it unhealthy; 0 is as 1.
            public var threshold: Int

            init(_ section: Section) {
                interval = section.duration("interval")
                threshold = section.integer("threshold")
            }
        }

        /// A file that means ill health while it exists.
        public struct FileCheck: Sendable, Hashable {
            /// The file's path.
            public var path: String
            /// When it is looked at.
            public var schedule: Schedule
        }

        /// A server that must answer `HEAD`.
        public struct HTTPCheck: Sendable, Hashable {
            /// The URL.
            public var uri: String
            /// Header fields of the request.
            public var headers: [HeaderField]
            /// The status that means good health.
            public var statusCode: Int
            /// How long the answer may take; zero means any time.
            public var timeout: Duration
            /// When it is looked at.
            public var schedule: Schedule
        }

        /// A server that must accept connections.
        public struct TCPCheck: Sendable, Hashable {
            /// The address, as `host:port`.
            public var address: String
            /// How long connecting may take; zero means any time.
            public var timeout: Duration
            /// When it is looked at.
            public var schedule: Schedule
        }

        /// The check of the store; `nil` when it is switched off.
        public var storageDriver: Schedule?
        /// Checks of files.
        public var files: [FileCheck]
        /// Checks by HTTP.
        public var http: [HTTPCheck]
        /// Checks by TCP.
        public var tcp: [TCPCheck]

        init(_ section: Section) {
            let driver = section.required("storagedriver")
            storageDriver = driver.bool("enabled") ? Schedule(driver) : nil
            files = section.sections("file").map { FileCheck(path: $0.string("file"), schedule: Schedule($0)) }
            http = section.sections("http").map {
                HTTPCheck(
                    uri: $0.string("uri"),
                    headers: $0.headers("headers"),
                    statusCode: $0.integer("statuscode"),
                    timeout: $0.duration("timeout"),
                    schedule: Schedule($0)
                )
            }
            tcp = section.sections("tcp").map {
                TCPCheck(address: $0.string("addr"), timeout: $0.duration("timeout"), schedule: Schedule($0))
            }
        }
    }
}
