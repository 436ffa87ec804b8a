import Logging
import RegistryConfiguration
import RegistryHTTP

extension Composition {
    static func server(_ configuration: Configuration) -> ServerConfiguration {
        var server = ServerConfiguration()
        if case .tcp(let address) = configuration.http.listener {
            server.host = address.host.isEmpty ? "::" : address.host
            server.port = address.port
        }
        if configuration.http.drainTimeout > .zero { server.timeouts.drain = configuration.http.drainTimeout }
        return server
    }

    static func level(_ configuration: Configuration) -> Logger.Level {
        switch configuration.log.level {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        default: .error
        }
    }
}
