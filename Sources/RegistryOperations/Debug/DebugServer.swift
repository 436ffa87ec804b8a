public import Logging
public import NIOCore
public import RegistryHTTP

/// The debug server's listener.
public enum DebugServer {
    /// Makes the server: few connections, short requests, and no long goodbye.
    ///
    /// - Parameters:
    ///   - host: the address or name to listen on; `::` for all.
    ///   - port: the port to listen on.
    ///   - responder: what answers.
    ///   - eventLoopGroup: the threads to run on.
    ///   - logger: where the start and trouble with the socket are told.
    public static func make(
        host: String,
        port: Int,
        responder: DebugResponder,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) -> RegistryServer {
        var configuration = ServerConfiguration(host: host, port: port)
        configuration.limits.connections = 100
        configuration.limits.headBytes = 16 * 1024
        configuration.timeouts.drain = .seconds(1)
        return RegistryServer(
            configuration: configuration,
            responder: responder,
            eventLoopGroup: eventLoopGroup,
            logger: logger
        )
    }
}
