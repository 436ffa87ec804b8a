public import Logging
public import NIOCore
import NIOPosix
public import RegistryAuth
public import RegistryCore
public import RegistryHTTP
import RegistryStorage

/// A registry on an ephemeral port of the loopback interface, for the length of a test.
///
/// ```swift
/// try await TestRegistry.run { registry in
///     let response = try await registry.client.request("GET", "/v2/")
/// }
/// ```
public struct TestRegistry: Sendable {
    /// What a test registry is made of; the defaults allow all and keep everything in memory.
    public struct Setup: Sendable {
        /// Where bytes are kept.
        public var driver: any StorageDriver = MemoryDriver()
        /// What the registry allows; deletion is on.
        public var registry: Registry.Options
        /// How the registry shows itself.
        public var responder = RegistryResponder.Options(uploadSecret: Array("a secret of tests only".utf8))
        /// What the server accepts, and how long it waits.
        public var server = ServerConfiguration(host: "127.0.0.1", port: 0)
        /// Who may do what.
        public var access: any AccessController = OpenAccess()
        /// What hears of pulls, pushes and deletions.
        public var events: (any EventSink)?
        /// What hears of each answer.
        public var observer: (any ServerObserver)?

        /// The defaults.
        public init() {
            registry = Registry.Options()
            registry.allowsDeletion = true
        }
    }

    /// The registry behind the socket.
    public let registry: Registry
    /// Where it listens.
    public let address: SocketAddress
    /// A client of it, with one connection.
    public let client: HTTPTestClient

    /// The port that it listens on.
    public var port: Int { address.port ?? 0 }

    /// A new connection to it, for requests that no client library would send.
    public func connect() async throws -> RawClient { try await RawClient.connect(to: address) }

    /// Runs a registry, and `body` with it; stops it when `body` is done.
    ///
    /// - Parameters:
    ///   - setup: what it is made of.
    ///   - logger: where it tells of trouble; nowhere by default.
    ///   - body: the test.
    /// - Throws: what keeps it from listening; what `body` throws.
    public static func run<Result: Sendable>(
        _ setup: Setup = Setup(),
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        _ body: (TestRegistry) async throws -> Result
    ) async throws -> Result {
        let registry = Registry(
            driver: setup.driver,
            options: setup.registry,
            events: setup.events,
            hashing: ThreadPoolTaskExecutor(.singleton)
        )
        let server = RegistryServer(
            configuration: setup.server,
            responder: RegistryResponder(registry: registry, access: setup.access, options: setup.responder),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            observer: setup.observer,
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let address = try await server.boundAddress
            let client = HTTPTestClient(address)
            defer { group.cancelAll() }
            let result = try await body(TestRegistry(registry: registry, address: address, client: client))
            await client.close()
            return result
        }
    }
}
