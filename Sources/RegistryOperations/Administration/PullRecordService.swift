public import Logging
public import RegistryCore
public import ServiceLifecycle

/// Writes what a recorder of pulls has noted into the store: every minute, and when the server ends.
public struct PullRecordService: Service {
    private let registry: Registry
    private let recorder: PullRecorder
    private let interval: Duration
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - registry: the registry whose pulls are noted.
    ///   - recorder: what notes them; while it is not active nothing is written.
    ///   - interval: how often it is written.
    ///   - logger: where trouble is told.
    public init(registry: Registry, recorder: PullRecorder, interval: Duration = .seconds(60), logger: Logger) {
        self.registry = registry
        self.recorder = recorder
        self.interval = interval
        self.logger = logger
    }

    /// Writes until the service is told to stop, and once more then.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat { await self.flush(isEnding: false) } while (try? await Task.sleep(for: self.interval)) != nil
        }
        await flush(isEnding: true)
    }

    private func flush(isEnding: Bool) async {
        do {
            for problem in try await registry.flush(recorder, isEnding: isEnding) {
                logger.warning("a record of pulls was written anew", metadata: ["problem": "\(problem)"])
            }
        } catch is CancellationError {
        } catch {
            logger.warning("pulls can't be recorded now", metadata: ["error": "\(error)"])
        }
    }
}
