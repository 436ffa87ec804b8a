public import Logging
public import RegistryCore
public import ServiceLifecycle

/// Keeps what the repositories of quotas hold counted while a server runs: at the start, after collections, and every
/// so often for the sake of what other replicas do.
public struct QuotaService: Service {
    private let registry: Registry
    private let rules: @Sendable () -> [QuotaRule]
    private let interval: Duration
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - registry: the registry that the server serves, or a copy of it.
    ///   - rules: the quotas of the moment.
    ///   - interval: the time between two counts, at the least.
    ///   - logger: where trouble is told.
    public init(
        registry: Registry,
        rules: @escaping @Sendable () -> [QuotaRule],
        interval: Duration = .seconds(300),
        logger: Logger
    ) {
        self.registry = registry
        self.rules = rules
        self.interval = interval
        self.logger = logger
    }

    /// Counts until it is told to stop.
    public func run() async throws {
        let logger = logger
        await cancelWhenGracefulShutdown {
            await self.registry.keepQuotasCounted(every: self.interval, self.rules) { error in
                guard let error, !(error is CancellationError) else { return }
                logger.error("quotas can't be counted", metadata: ["error": "\(error)"])
            }
        }
    }
}
