public import Logging
public import RegistryCore
public import ServiceLifecycle
import Synchronization

/// Collects garbage in a server that runs: on a schedule, and when it is asked to.
///
/// One collection at a time runs in this process, and one on the store, which the store's lease sees to. May be used
/// from any task.
public final class CollectionService: Service {
    /// What is run, and when.
    public struct Settings: Sendable {
        /// How long after the end of one collection the next begins; `nil` runs none by itself.
        public var interval: Duration?
        /// How each collection is done that nobody asked for.
        public var options = CollectionOptions()

        /// Makes settings that run nothing by themselves.
        public init() {}
    }

    /// How a collection stands, with the lines that it printed.
    public typealias Status = RunStatus<CollectionSummary>

    private let registry: Registry
    private let settings: Settings
    private let logger: Logger
    private let status = Mutex(Status(CollectionSummary(), lineLimit: 10_000))
    /// Holds one at the most: who puts one in has made sure that none is there and none runs.
    private let requests: AsyncStream<CollectionOptions>
    private let requested: AsyncStream<CollectionOptions>.Continuation

    /// Makes the service; it does nothing before ``run()``.
    public init(registry: Registry, settings: Settings, logger: Logger) {
        self.registry = registry
        self.settings = settings
        self.logger = logger
        (requests, requested) = AsyncStream.makeStream()
    }

    /// How the collection stands that runs, or ran last.
    ///
    /// - Parameters:
    ///   - line: the first line that is wanted.
    ///   - limit: how many lines are wanted at the most.
    public func status(from line: Int = 0, atMost limit: Int = .max) -> Status {
        status.withLock { $0 }.from(line, atMost: limit)
    }

    /// Asks for a collection.
    ///
    /// - Returns: whether it begins; `false` when one is running or about to.
    public func begin(_ options: CollectionOptions) -> Bool {
        let mayBegin = status.withLock { $0.begin(CollectionSummary()) }
        if mayBegin { requested.yield(options) }
        return mayBegin
    }

    /// Collects on the schedule and when asked to, until the service is told to stop; a collection that runs then is
    /// ended, and the next one goes on where it was.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepSchedule() }
                for await options in self.requests { await self.collect(options) }
                group.cancelAll()
            }
        }
    }

    private func keepSchedule() async {
        guard let interval = settings.interval else { return }
        while (try? await Task.sleep(for: interval)) != nil { _ = begin(settings.options) }
    }

    private func collect(_ options: CollectionOptions) async {
        let formatter = CollectionLines()
        do {
            let summary = try await registry.collect(options) { event in self.note(event, formatter) }
            status.withLock { $0.end(summary, failure: nil) }
            logger.info(
                "collected",
                metadata: [
                    "bytes.freed": "\(summary.bytesFreed)", "blobs.removed": "\(summary.blobsRemoved)",
                    "blobs.quarantined": "\(summary.blobsQuarantined)", "problems": "\(summary.problemCount)",
                ]
            )
        } catch let error as CollectionError {
            status.withLock { $0.end(nil, failure: "\(error)") }
            // Another replica's turn is no trouble.
            if case .busy = error { return logger.debug("not collected: \(error)") }
            logger.error("the collection ended early", metadata: ["error": "\(error)"])
        } catch {
            status.withLock { $0.end(nil, failure: "\(error)") }
            logger.error("the collection ended early", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ event: CollectionEvent, _ formatter: CollectionLines) {
        let line = formatter.lines(for: event)
        let remark = formatter.note(for: event)
        status.withLock { status in
            if case .progress(let summary) = event { status.summary = summary }
            if let remark { status.append(remark) }
            if let line { status.append(line) }
        }
    }
}
