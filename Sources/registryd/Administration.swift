import Foundation
import Logging
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryOperations
import ServiceLifecycle
import Synchronization

/// What goes on in a server beside its requests: collections, purging, its socket of administration, and which
/// configuration is in force.
final class Administration: Sendable {
    private let source: ResponderSource
    private let responder: ReplaceableResponder
    private let retention: RetentionParts
    private let state: Mutex<State>
    private struct State {
        var configuration: Configuration
        /// What an operator switched by hand, which outlives a reload; `nil` follows the configuration.
        var isReadOnly: Bool?
    }

    /// - Parameter pulls: what hears of the registry's pulls.
    init(
        _ configuration: Configuration,
        source: ResponderSource,
        responder: ReplaceableResponder,
        pulls: PullRecorder
    ) {
        self.source = source
        self.responder = responder
        var options = source.registry.options
        options.allowsDeletion = true
        // It sees to that by itself, since it can change.
        options.isReadOnly = false
        // Nor has it to keep to the rules of the start: it is told those in force.
        options.immutability = []
        retention = RetentionParts(source.registry.with(options: options), pulls: pulls, logger: source.logger)
        retention.apply(configuration, isReadOnly: configuration.storage.isReadOnly)
        state = Mutex(State(configuration: configuration))
    }

    /// What runs for it.
    ///
    /// - Parameter background: where what walks the whole store goes on.
    /// - Throws: `AdministrationError` when its socket can't be opened.
    func services(_ logger: Logger, background: some TaskExecutor) throws -> [any Service] {
        let configuration = state.withLock { $0.configuration }
        let settings = OwnSettings(configuration)
        var options = source.registry.options
        options.allowsDeletion = true
        let registry = source.registry.with(options: options)
        var collection = CollectionService.Settings()
        collection.interval = settings.collectionInterval
        collection.options = settings.collection
        let collections = CollectionService(registry: registry, settings: collection, logger: logger)
        var services: [any Service] = [
            PresenceService(registry: registry, name: Program.holder, logger: logger),
            BackgroundService(collections, on: background),
            SpareUploadService(registry: registry),
            QuotaService(registry: registry, rules: { self.quotas }, logger: logger),
        ]
        if let purge = purge(registry, configuration, logger) {
            services.append(BackgroundService(purge, on: background))
        }
        services += retention.services
        guard let path = settings.administrationSocket else { return services }
        let administration = AdministrationResponder(
            registry: registry,
            collections: collections,
            defaults: settings.collection,
            retention: retention.service,
            readOnly: .init(isOn: { self.isReadOnly }, turn: { try await self.turnReadOnly($0) })
        )
        let server = RegistryServer(
            configuration: ServerConfiguration(.inherited(try AdministrationSocket.open(at: path))),
            responder: administration,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        return services + [server]
    }

    /// Takes the socket's file away after the server has ended.
    func close() {
        if let path = OwnSettings(state.withLock { $0.configuration }).administrationSocket { _ = unlink(path) }
    }

    private func purge(_ registry: Registry, _ configuration: Configuration, _ logger: Logger) -> UploadPurgeService? {
        let purging = configuration.storage.uploadPurging
        guard purging.isEnabled, !configuration.storage.isReadOnly else { return nil }
        return UploadPurgeService(
            registry: registry,
            age: purging.age,
            interval: purging.interval,
            isDryRun: purging.isDryRun,
            logger: logger
        )
    }

    /// The quotas of the configuration that is in force.
    private var quotas: [QuotaRule] { state.withLock { $0.configuration }.quotas.map(QuotaRule.init) }

    /// How much of each quota is used.
    var quotaUsage: [QuotaUsage] { source.registry.quotaUsage(of: quotas) }

    private var isReadOnly: Bool { state.withLock { $0.isReadOnly ?? $0.configuration.storage.isReadOnly } }

    /// Puts a configuration into force for all later requests.
    ///
    /// - Throws: when a part of it can't be made; then what held before holds.
    func serve(_ configuration: Configuration) async throws {
        let isReadOnly = state.withLock { $0.isReadOnly }
        responder.replace(with: try await source.responder(for: configuration, isReadOnly: isReadOnly))
        retention.apply(configuration, isReadOnly: isReadOnly ?? configuration.storage.isReadOnly)
        state.withLock { $0.configuration = configuration }
        source.registry.wantQuotaCount()
    }

    private func turnReadOnly(_ isOn: Bool) async throws {
        let configuration = state.withLock { $0.configuration }
        responder.replace(with: try await source.responder(for: configuration, isReadOnly: isOn))
        state.withLock { $0.isReadOnly = isOn }
        retention.apply(configuration, isReadOnly: isOn)
    }
}
