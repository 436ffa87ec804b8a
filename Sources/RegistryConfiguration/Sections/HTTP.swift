extension Configuration {
    /// `http`: the server.
    public struct HTTP: Sendable, Hashable {
        /// Where the server listens.
        public enum Listener: Sendable, Hashable {
            /// On a TCP address.
            case tcp(ListenAddress)
            /// On a Unix socket at this path.
            case unix(String)
        }

        /// `http.debug`: the server of health, metrics and variables.
        public struct Debug: Sendable, Hashable {
            /// Where it listens.
            public var address: ListenAddress
            /// The path of the metrics; `nil` serves none.
            public var metricsPath: String?
        }

        /// Where the server listens.
        public var listener: Listener
        /// The URL that clients reach this registry at, if it isn't taken from requests.
        public var host: String?
        /// The path above `/v2/`, with a slash at both ends; empty when there is none.
        public var prefix: String
        /// What signs the state of uploads; `nil` when nobody set it.
        public var secret: String?
        /// Whether the URLs of responses are relative.
        public var usesRelativeURLs: Bool
        /// How long running requests may take to finish after the signal to stop; zero when nobody set it.
        public var drainTimeout: Duration
        /// TLS; `nil` for plain HTTP.
        public var tls: TLS?
        /// Header fields of every response.
        public var headers: [HeaderField]
        /// The debug server; `nil` when there is none.
        public var debug: Debug?
        /// Whether HTTP/2 is not offered over TLS.
        public var isHTTP2Disabled: Bool
        /// Whether HTTP/2 is spoken without TLS.
        public var isH2CEnabled: Bool

        /// Where a server listens when nobody said.
        public static let defaultAddress = "127.0.0.1:5000"

        init(_ section: Section) {
            let address = section.optionalString("addr") ?? Self.defaultAddress
            if section.string("net") == "unix" {
                listener = .unix(address)
            } else {
                listener = .tcp(ListenAddress(address) ?? .loopback)
            }
            host = section.optionalString("host")
            prefix = Self.slashed(section.string("prefix"))
            secret = section.optionalString("secret")
            usesRelativeURLs = section.bool("relativeurls")
            drainTimeout = section.duration("draintimeout")
            tls = TLS(section.required("tls"))
            headers = section.headers("headers")
            debug = Self.debug(section.required("debug"))
            isHTTP2Disabled = section.required("http2").bool("disabled")
            isH2CEnabled = section.required("h2c").bool("enabled")
        }

        private static func debug(_ section: Section) -> Debug? {
            guard let address = section.optionalString("addr").flatMap({ ListenAddress($0) }) else { return nil }
            let prometheus = section.required("prometheus")
            return Debug(
                address: address,
                metricsPath: prometheus.bool("enabled") ? prometheus.string("path") : nil
            )
        }

        private static func slashed(_ prefix: String) -> String {
            prefix.isEmpty || prefix == "/" ? "" : prefix.hasSuffix("/") ? prefix : prefix + "/"
        }
    }
}
