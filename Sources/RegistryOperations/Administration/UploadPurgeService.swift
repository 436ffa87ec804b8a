public import Logging
public import RegistryCore
public import ServiceLifecycle

/// Removes abandoned uploads on a schedule, as the replaced server does (`storage.maintenance.uploadpurging`).
public struct UploadPurgeService: Service {
    private let registry: Registry
    private let age: Duration
    private let interval: Duration
    private let isDryRun: Bool
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - registry: whose uploads are looked at.
    ///   - age: how old they must be to go.
    ///   - interval: how often they are looked at.
    ///   - isDryRun: whether they are only told.
    ///   - logger: where it tells what it did.
    public init(registry: Registry, age: Duration, interval: Duration, isDryRun: Bool, logger: Logger) {
        self.registry = registry
        self.age = age
        self.interval = interval
        self.isDryRun = isDryRun
        self.logger = logger
    }

    /// Purges until the service is told to stop.
    ///
    /// The first time comes within the first hour, at random, so that replicas which start together don't all read the
    /// store at once.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Duration.seconds(Int64.random(in: 0..<3600))
            while (try? await Task.sleep(for: min(pause, self.interval))) != nil {
                await self.purge()
                pause = self.interval
            }
        }
    }

    private func purge() async {
        let logger = logger
        do {
            let count = try await registry.purgeUploads(olderThan: age.components.seconds, isDryRun: isDryRun) {
                event in
                guard case .eligibleUpload(let id, let repository) = event else { return }
                logger.debug("an abandoned upload", metadata: ["repository": "\(repository)", "upload": "\(id)"])
            }
            logger.info("uploads purged", metadata: ["count": "\(count)", "dryrun": "\(isDryRun)"])
        } catch {
            logger.error("uploads can't be purged", metadata: ["error": "\(error)"])
        }
    }
}
