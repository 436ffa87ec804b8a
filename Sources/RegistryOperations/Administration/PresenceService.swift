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
            var trouble: String?
            var pause: Int64
            repeat {
                let outcome = await announce()
                tell(outcome.trouble, after: trouble)
                trouble = outcome.trouble
                pause = outcome.isBehind ? Self.impatience : Registry.presenceInterval
            } while (try? await Task.sleep(for: .seconds(pause))) != nil
        }
        try? await registry.withdrawServer(id)
    }

    /// Tells of each trouble once, while it lasts; where nothing is to be pushed it is none.
    private func tell(_ trouble: String?, after last: String?) {
        guard trouble != last, !registry.options.isReadOnly else { return }
        if let trouble { logger.warning("\(trouble)") } else { logger.notice("pushes are taken again") }
    }

    /// - Returns: why pushes are refused, and whether that is for a collection that took the store for unserved.
    private func announce() async -> (trouble: String?, isBehind: Bool) {
        do {
            try await registry.announceServer(id, named: name)
            return (nil, false)
        } catch let error as RegistryError {
            return (error.entries.first?.message ?? "\(error)", true)
        } catch {
            return ("pushes are refused until the server can note in the store that it serves it: \(error)", false)
        }
    }
}
