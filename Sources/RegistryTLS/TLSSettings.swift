/// How a server encrypts its connections (`http.tls`).
public struct TLSSettings: Sendable, Hashable {
    /// The file of the server's certificate in PEM, with the intermediate ones behind it.
    public var certificatePath: String
    /// The file of the certificate's key in PEM: PKCS#8, PKCS#1 or SEC 1, without a passphrase.
    public var keyPath: String
    /// Files of the authorities of clients' certificates in PEM; empty means that clients aren't asked for one.
    public var clientCAPaths: [String] = []
    /// What a client's certificate must be; only where there are ``clientCAPaths``.
    public var clientAuthentication = ClientAuthentication.requireAndVerify
    /// The oldest version that is spoken.
    public var minimumVersion = Version.tls1_2
    /// The cipher suites that are offered up to TLS 1.2, by Go's names; empty for the usual ones. Those of TLS 1.3 are
    /// fixed: their names are accepted and change nothing, as in the replaced server.
    public var cipherSuites: [String] = []
    /// How often it is looked whether a file has changed.
    public var pollInterval = Duration.seconds(5)

    /// Makes settings with the defaults.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// What a client's certificate must be.
    public enum ClientAuthentication: String, Sendable, Hashable, CaseIterable {
        /// One is asked for; whatever comes, or nothing, is accepted.
        case request = "request-client-cert"
        /// One must be sent; it isn't checked.
        case requireAny = "require-any-client-cert"
        /// One that is sent must be signed by a known authority.
        case verifyIfGiven = "verify-client-cert-if-given"
        /// One must be sent and be signed by a known authority.
        case requireAndVerify = "require-and-verify-client-cert"

        /// Whether a certificate that is accepted is known to be signed by one of the authorities.
        var isVerifying: Bool { self == .verifyIfGiven || self == .requireAndVerify }
    }

    /// A version of TLS.
    public enum Version: String, Sendable, Hashable, CaseIterable {
        /// TLS 1.0, which is long broken.
        case tls1_0 = "tls1.0"
        /// TLS 1.1, which is long broken.
        case tls1_1 = "tls1.1"
        /// TLS 1.2.
        case tls1_2 = "tls1.2"
        /// TLS 1.3.
        case tls1_3 = "tls1.3"
    }

    /// Every file that the settings name.
    var paths: [String] { [certificatePath, keyPath] + clientCAPaths }
}
