public import Logging
public import RegistryCore
public import ServiceLifecycle

/// Says in the store, while a server runs, that it does.
///
/// Pushes wait until it has said so (``Registry/expectServer(_:named:)``).
public struct PresenceService: Service {
    private let registry: Registry
    private let id = UploadID()
    private let name: String
    private let logger: Logger

    /// How often a collection is looked at, in seconds, that took the store for unserved.
    private static let impatience: Int64 = 1

    /// Makes the service; from now on pushes wait.
    ///
    /// - Parameters:
    ///   - registry: the registry whose store is served.
    ///   - name: what others are told of this server.
    ///   - logger: where trouble is told.
    public init(registry: Registry, name: String, logger: Logger) {
        self.registry = registry
        self.name = name
        self.logger = logger
        registry.expectServer(id, named: name)
    }

    /// Notes that the server is there until it is told to stop, and that it isn't afterwards.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var isBehind = false
            repeat {
                isBehind = await announce(wasBehind: isBehind)
            } while (try? await Task.sleep(for: .seconds(isBehind ? Self.impatience : Registry.presenceInterval)))
                != nil
        }
        try? await registry.withdrawServer(id)
    }

    /// - Returns: whether a collection goes on that took the store for unserved.
    private func announce(wasBehind: Bool) async -> Bool {
        do {
            try await registry.announceServer(id, named: name)
            if wasBehind { logger.notice("pushes are taken") }
        } catch let error as RegistryError {
            if !wasBehind { logger.warning("\(error.entries.first?.message ?? "\(error)")") }
            return true
        } catch {
            // A store that can't be written has other voices: requests, and the health checks.
            logger.debug("the server's presence can't be noted", metadata: ["error": "\(error)"])
        }
        return false
    }
}
