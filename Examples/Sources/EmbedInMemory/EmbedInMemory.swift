import Logging
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryStorage
import ServiceLifecycle

/// A registry in memory, on the port that the first argument names; it ends on SIGTERM or SIGINT.
@main
struct EmbedInMemory {
    static func main() async throws {
        let registry = Registry(driver: MemoryDriver(), hashing: ThreadPoolTaskExecutor(.singleton))
        let secret = try await registry.uploadSecret()
        let server = RegistryServer(
            configuration: ServerConfiguration(
                host: "127.0.0.1",
                port: CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5000
            ),
            responder: RegistryResponder(registry: registry, options: .init(uploadSecret: secret)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "embedded")
        )
        let services = ServiceGroup(
            services: [server],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "embedded")
        )
        try await services.run()
    }
}
