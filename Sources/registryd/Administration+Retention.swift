import Logging
import RegistryConfiguration
import RegistryCore
import RegistryOperations
import ServiceLifecycle

/// What removes tags by a policy in a server that runs, and what it has to know for that.
struct RetentionParts: Sendable {
    let service: RetentionService
    let pulls: PullRecorder
    private let records: PullRecordService

    /// - Parameters:
    ///   - registry: one that allows deletion.
    ///   - pulls: what hears of the registry's pulls.
    init(_ registry: Registry, pulls: PullRecorder, logger: Logger) {
        self.pulls = pulls
        records = PullRecordService(registry: registry, recorder: pulls, logger: logger)
        service = RetentionService(registry: registry, settings: .init(), logger: logger)
    }

    /// What runs for it.
    var services: [any Service] { [records, service] }

    /// Puts a configuration into force for all later runs.
    func apply(_ configuration: Configuration, isReadOnly: Bool) {
        let settings = RetentionSettings(configuration)
        pulls.isActive = settings.recordsPulls && !isReadOnly
        service.apply { applied in
            applied.rules = settings.rules
            applied.interval = settings.interval
            applied.isReadOnly = isReadOnly
            applied.options = settings.options
            applied.options.pulls = pulls
        }
    }
}
