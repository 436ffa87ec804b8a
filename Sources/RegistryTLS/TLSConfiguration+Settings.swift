import NIOCore
import NIOSSL

extension TLSConfiguration {
    /// The TLS library's configuration for a server, without the protocols of ALPN.
    ///
    /// - Throws: ``TLSError`` for a cipher suite that is not known.
    init(_ settings: TLSSettings, _ files: TLSFiles) throws(TLSError) {
        self = .makeServerConfiguration(
            certificateChain: files.chain.map { .certificate($0) },
            privateKey: .privateKey(files.key)
        )
        minimumTLSVersion =
            switch settings.minimumVersion {
            case .tls1_0: .tlsv1
            case .tls1_1: .tlsv11
            case .tls1_2: .tlsv12
            case .tls1_3: .tlsv13
            }
        // How long a client may take to agree to the end of a connection.
        shutdownTimeout = .seconds(2)
        // With TLS 1.3 only, the names are ignored, as in the replaced server.
        if settings.minimumVersion != .tls1_3 {
            let suites = try CipherSuites(named: settings.cipherSuites).suites
            if suites.isEmpty {
                minimumTLSVersion = .tlsv13
            } else {
                cipherSuiteValues = suites
            }
        }
        guard !files.clientCAs.isEmpty else { return }
        trustRoots = .certificates(files.clientCAs)
        sendCANameList = true
        certificateVerification =
            switch settings.clientAuthentication {
            case .request, .verifyIfGiven: .optionalVerification
            case .requireAny, .requireAndVerify: .noHostnameVerification
            }
    }
}
