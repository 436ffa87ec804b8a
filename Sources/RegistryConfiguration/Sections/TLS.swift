/// What a client's certificate must be, by the peer's words.
public enum ClientAuthentication: String, Sendable, Hashable, CaseIterable {
    /// One is asked for.
    case request = "request-client-cert"
    /// One must be sent; it isn't checked.
    case requireAny = "require-any-client-cert"
    /// One that is sent must be signed by a known authority.
    case verifyIfGiven = "verify-client-cert-if-given"
    /// One must be sent and be signed by a known authority.
    case requireAndVerify = "require-and-verify-client-cert"
}

extension Configuration.HTTP {
    /// `http.tls`: certificates and what is spoken.
    public struct TLS: Sendable, Hashable {
        /// Where the server's certificate comes from.
        public enum Source: Sendable, Hashable {
            /// Files in PEM.
            case files(certificate: String, key: String)
            /// An ACME authority.
            case acme(ACME)
        }

        /// `http.tls.letsencrypt`.
        public struct ACME: Sendable, Hashable {
            /// The folder that keeps certificates; a file in version 2.
            public var cache: String
            /// The account's address.
            public var email: String?
            /// The hosts that certificates are got for; empty means any.
            public var hosts: [String]
            /// The authority's directory; `nil` means Let's Encrypt's.
            public var directoryURL: String?
        }

        /// The oldest version that is spoken.
        public enum Version: String, Sendable, Hashable, CaseIterable {
            /// TLS 1.0, only in configurations of version 2.
            case tls1_0 = "tls1.0"
            /// TLS 1.1, only in configurations of version 2.
            case tls1_1 = "tls1.1"
            /// TLS 1.2.
            case tls1_2 = "tls1.2"
            /// TLS 1.3.
            case tls1_3 = "tls1.3"
        }

        /// Where the server's certificate comes from.
        public var source: Source
        /// Files of the authorities of clients' certificates; empty means that clients aren't asked for one.
        public var clientCAs: [String]
        /// What a client's certificate must be; only with ``clientCAs``.
        public var clientAuthentication: ClientAuthentication
        /// The oldest version that is spoken.
        public var minimumVersion: Version
        /// Go's names of the cipher suites that are offered; empty means the usual ones.
        public var cipherSuites: [String]

        init?(_ section: Section) {
            let acme = section.required("letsencrypt")
            if let certificate = section.optionalString("certificate") {
                source = .files(certificate: certificate, key: section.string("key"))
            } else if let cache = acme.optionalString("cachefile") {
                source = .acme(
                    ACME(
                        cache: cache,
                        email: acme.optionalString("email"),
                        hosts: acme.strings("hosts"),
                        directoryURL: acme.optionalString("directoryurl")
                    )
                )
            } else {
                return nil
            }
            clientCAs = section.strings("clientcas")
            clientAuthentication = section.choice("clientauth", or: .requireAndVerify)
            minimumVersion = section.choice("minimumtls", or: .tls1_2)
            cipherSuites = section.strings("ciphersuites")
        }
    }
}
