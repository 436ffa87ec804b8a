import Logging
import NIOCore
import RegistryConfiguration
import RegistryHTTP
import RegistryOperations
import ServiceLifecycle

/// Says in one line what runs where with what, as soon as the server listens.
struct StartAnnouncement: Service {
    let server: RegistryServer
    let configuration: Configuration
    let logger: Logger

    func run() async throws {
        if let address = try? await server.boundAddress { logger.info("\(line(at: address))") }
        try? await gracefulShutdown()
    }

    private func line(at address: SocketAddress) -> String {
        var line = StartLine(program: "registryd \(Program.version)", address: Self.text(address), storage: storage)
        line.isSecure = configuration.http.tls != nil
        switch configuration.auth {
        case .none: line.access = configuration.access.file == nil ? nil : "the access file"
        case .silly: line.access = "silly"
        case .htpasswd: line.access = "htpasswd"
        case .token: line.access = "token"
        }
        line.debugAddress = configuration.http.debug.map { "\($0.address)" }
        if configuration.storage.isDeleteEnabled { line.features.append("deletion") }
        if configuration.storage.isReadOnly { line.features.append("nothing to be changed") }
        if let path = configuration.http.debug?.metricsPath { line.features.append("metrics at \(path)") }
        if configuration.tokenService != nil { line.features.append("a token service") }
        return line.text
    }

    private var storage: String {
        switch configuration.storage.driver {
        case .filesystem(let parameters): "filesystem at \(parameters.rootDirectory)"
        default: configuration.storage.driverKey
        }
    }

    private static func text(_ address: SocketAddress) -> String {
        switch address {
        case .v4: "\(address.ipAddress ?? ""):\(address.port ?? 0)"
        case .v6: "[\(address.ipAddress ?? "")]:\(address.port ?? 0)"
        case .unixDomainSocket: address.pathname ?? ""
        }
    }
}
