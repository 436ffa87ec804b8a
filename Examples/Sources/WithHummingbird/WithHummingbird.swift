import Hummingbird
import Logging
import NIOCore
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryStorage

/// A web application with a registry beside its own routes, on the port that the first argument names.
@main
struct WithHummingbird {
    static func main() async throws {
        let registry = Registry(driver: MemoryDriver(), hashing: ThreadPoolTaskExecutor(.singleton))
        let secret = try await registry.uploadSecret()
        let responder = RegistryResponder(registry: registry, options: .init(uploadSecret: secret))

        let router = Router(context: AppContext.self)
        router.add(middleware: RegistryMiddleware(responder: responder))
        router.get("hello/:name") { _, context in
            "Hello, \(try context.parameters.require("name")).\n"
        }
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5000
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: Logger(label: "application")
        )
        try await application.runService()
    }
}

/// What the application knows of a request: who sent it, so that the registry can tell its events' receivers.
struct AppContext: RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
