import Foundation
import Logging
import NIOPosix
import RegistryConfiguration
import RegistryHTTP
import RegistryTLS

extension Composition {
    /// Where and how the server listens (`http`).
    ///
    /// - Throws: `ListenerError` when the system hands over what is no socket.
    static func server(_ configuration: Configuration, tls: ServerTLS?) throws -> ServerConfiguration {
        var server = ServerConfiguration(try listener(configuration))
        server.security = tls
        server.isHTTP2Enabled = !configuration.http.isHTTP2Disabled
        server.isH2CEnabled = configuration.http.isH2CEnabled
        if configuration.http.drainTimeout > .zero { server.timeouts.drain = configuration.http.drainTimeout }
        return server
    }

    /// A socket that the system holds for the service wins over the configured address, as in the replaced server.
    private static func listener(_ configuration: Configuration) throws -> ServerConfiguration.Listener {
        if let socket = try InheritedSocket.named(in: ProcessInfo.processInfo.environment) { return .inherited(socket) }
        switch configuration.http.listener {
        case .tcp(let address): return .tcp(host: address.host, port: address.port)
        case .unix(let path): return .unix(path: path)
        }
    }

    /// The server's certificates (`http.tls`); `nil` for plain HTTP.
    ///
    /// - Parameter pool: where the files are read when they change.
    /// - Throws: `TLSError` when the files can't be used.
    static func tls(_ configuration: Configuration, pool: NIOThreadPool, logger: Logger) throws -> ServerTLS? {
        guard let tls = configuration.http.tls, case .files(let certificate, let key) = tls.source else { return nil }
        var settings = TLSSettings(certificatePath: certificate, keyPath: key)
        settings.clientCAPaths = tls.clientCAs
        settings.clientAuthentication = .init(rawValue: tls.clientAuthentication.rawValue) ?? .requireAndVerify
        settings.minimumVersion = .init(rawValue: tls.minimumVersion.rawValue) ?? .tls1_2
        settings.cipherSuites = tls.cipherSuites
        return try ServerTLS(settings, pool: pool) { notice in
            switch notice {
            case .reloaded(let serial): logger.info("the certificate was read again", metadata: ["serial": "\(serial)"])
            case .failed(let error):
                logger.error(
                    "the certificate has changed and can't be used; what it was before goes on",
                    metadata: ["error": "\(error)"]
                )
            case .cipherSuitesIgnored:
                logger.warning("http.tls.ciphersuites changes nothing when only TLS 1.3 is spoken")
            }
        }
    }
}
