import Logging
import RegistryConfiguration
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at each SIGHUP, and puts into force what can change while the server runs.
struct Reload: Service {
    /// The keys that come into force for all later requests; a change of any other needs a restart.
    static let reloadable = [
        "auth", "catalog", "http.headers", "http.host", "http.prefix", "http.relativeurls", "http.secret", "log.level",
        "registryd", "storage.delete", "storage.maintenance.readonly", "tags", "validation",
    ]

    let source: ConfigurationSource
    /// What the server was started with.
    let started: Configuration
    /// Puts a configuration into force.
    let apply: @Sendable (Configuration) async throws -> Void
    let logger: Logger

    func run() async throws {
        var current = started
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            current = await reload(current)
        }
    }

    /// - Returns: what is in force afterwards.
    private func reload(_ current: Configuration) async -> Configuration {
        do {
            let configuration = try source.read()
            for warning in configuration.warnings { logger.warning("\(warning)") }
            try await apply(configuration)
            let changed = configuration.keys(changedFrom: current).filter(Self.isReloadable)
            logger.notice("configuration read again", metadata: ["changed": "\(changed.joined(separator: ", "))"])
            for key in configuration.keys(changedFrom: started) where !Self.isReloadable(key) {
                logger.warning("a changed key needs a restart", metadata: ["key": "\(key)"])
            }
            return configuration
        } catch {
            logger.error("the configuration can't be used; what held before holds", metadata: ["error": "\(error)"])
            return current
        }
    }

    private static func isReloadable(_ key: String) -> Bool {
        reloadable.contains { key == $0 || key.hasPrefix($0 + ".") || key.hasPrefix($0 + "[") }
    }
}
