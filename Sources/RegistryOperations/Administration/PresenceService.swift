public import Logging
public import RegistryCore
public import ServiceLifecycle

/// Says in the store, while a server runs, that it does.
public struct PresenceService: Service {
    private let registry: Registry
    private let name: String
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - registry: the registry whose store is served.
    ///   - name: what others are told of this server.
    ///   - logger: where trouble is told.
    public init(registry: Registry, name: String, logger: Logger) {
        self.registry = registry
        self.name = name
        self.logger = logger
    }

    /// Notes that the server is there until it is told to stop, and that it isn't afterwards.
    public func run() async throws {
        let id = UploadID()
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    try await self.registry.announceServer(id, named: self.name)
                } catch {
                    // A store that can't be written has other voices: requests, and the health checks.
                    self.logger.debug("the server's presence can't be noted", metadata: ["error": "\(error)"])
                }
            } while (try? await Task.sleep(for: .seconds(Registry.presenceInterval))) != nil
        }
        try? await registry.withdrawServer(id)
    }
}
