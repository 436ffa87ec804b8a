public import Logging
public import RegistryCore
public import ServiceLifecycle
import Synchronization

/// Applies a retention policy in a server that runs: on a schedule, and when it is asked to. One run at a time goes on in
/// this process. May be used from any task.
public final class RetentionService: Service {
    /// What is applied, and when. It can change while the service runs.
    public struct Settings: Sendable {
        /// The rules, in their order.
        public var rules: [RetentionRule] = []
        /// How long after the beginning of one run the next begins; `nil` runs none by itself.
        public var interval: Duration?
        /// Whether nothing may be changed, so that only dry runs are done.
        public var isReadOnly = false
        /// How it is done.
        public var options = RetentionOptions()

        /// Makes settings without a rule.
        public init() {}
    }

    /// What somebody asks for.
    public struct Wish: Sendable {
        /// Whether nothing is changed.
        public var isDryRun = false
        /// The repositories that are looked at; `nil` for all.
        public var repositories: RepositoryPattern?
        /// Whether lines are JSON objects.
        public var isJSON = false

        /// Asks for a run in all repositories.
        public init() {}
    }

    /// How a run stands, with a line for what became of each tag that a rule names.
    public typealias Status = RunStatus<RetentionSummary>

    /// Why a run does not begin.
    public enum Refusal: Error, Sendable {
        /// One is running already.
        case busy
        /// Nothing may be changed.
        case readOnly
        /// There is no rule.
        case noRules
    }

    /// How often the schedule is looked at.
    private static var lookInterval: Duration { .seconds(60) }

    private let registry: Registry
    private let logger: Logger
    private let settings: Mutex<Settings>
    /// The lines are some ten megabytes at the most.
    private let status = Mutex(Status(RetentionSummary(), lineLimit: 100_000))
    /// Holds one at the most: who puts one in has made sure that none is there and none runs.
    private let requests: AsyncStream<Wish>
    private let requested: AsyncStream<Wish>.Continuation

    /// Makes the service; it does nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - registry: whose tags are removed. It must allow deletion.
    ///   - settings: what is applied at first.
    ///   - logger: where it tells what it did.
    public init(registry: Registry, settings: Settings, logger: Logger) {
        self.registry = registry
        self.logger = logger
        self.settings = Mutex(settings)
        (requests, requested) = AsyncStream.makeStream()
    }

    /// Changes what is applied by later runs.
    public func apply(_ change: (inout Settings) -> Void) { settings.withLock { change(&$0) } }

    /// How the run stands that goes on, or was last.
    ///
    /// - Parameters:
    ///   - line: the first line that is wanted.
    ///   - limit: how many lines are wanted at the most.
    public func status(from line: Int = 0, atMost limit: Int = .max) -> Status {
        status.withLock { $0 }.from(line, atMost: limit)
    }

    /// Asks for a run.
    ///
    /// - Throws: ``Refusal`` when it does not begin.
    public func begin(_ wish: Wish) throws(Refusal) {
        let current = settings.withLock { $0 }
        guard !current.rules.isEmpty else { throw .noRules }
        guard wish.isDryRun || !current.isReadOnly else { throw .readOnly }
        guard status.withLock({ $0.begin(RetentionSummary()) }) else { throw .busy }
        requested.yield(wish)
    }

    /// Runs on the schedule and when asked to, until the service is told to stop; a run that goes on then is ended.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepSchedule() }
                for await wish in self.requests { await self.retain(wish) }
                group.cancelAll()
            }
        }
    }

    /// Looks whether a run is due: the interval counts from the last run on the store, whichever replica did it, so that
    /// a server which is started anew each day comes to its turn as well.
    private func keepSchedule() async {
        repeat {
            guard let interval = settings.withLock({ $0.isReadOnly || $0.rules.isEmpty ? nil : $0.interval }) else {
                continue
            }
            do {
                let last = try await registry.lastRetention()
                let age = last.map { WallTime.now().seconds - $0.seconds } ?? .max
                if age >= interval.components.seconds { try? begin(Wish()) }
            } catch {
                logger.warning("when tags were last removed can't be read", metadata: ["error": "\(error)"])
            }
        } while (try? await Task.sleep(for: pause)) != nil
    }

    /// Not all replicas at once, and often enough for a short interval.
    private var pause: Duration {
        // Without a schedule a look costs nothing, and finds one that a reload brings.
        guard let interval = settings.withLock({ $0.interval }) else { return .seconds(5) }
        return min(interval, Self.lookInterval) * Double.random(in: 0.5...1)
    }

    private func retain(_ wish: Wish) async {
        let current = settings.withLock { $0 }
        var options = current.options
        options.isDryRun = wish.isDryRun
        options.mayChange = { !self.settings.withLock { $0.isReadOnly } }
        if let pattern = wish.repositories {
            options.scope = { pattern.matches($0.description) }
            options.isNoted = false
        }
        do {
            let summary = try await registry.retain(current.rules, options) { self.note($0, asJSON: wish.isJSON) }
            status.withLock { $0.end(summary, failure: nil) }
            logger.info(
                "tags removed by retention",
                metadata: [
                    "removed": "\(summary.tagsRemoved)", "kept": "\(summary.tagsKept)",
                    "left": "\(summary.tagsLeft)", "problems": "\(summary.problemCount)",
                    "dryrun": "\(summary.isDryRun)",
                ]
            )
        } catch {
            status.withLock { $0.end(nil, failure: "\(error)") }
            logger.error("retention ended early", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ event: RetentionEvent, asJSON isJSON: Bool) {
        switch event {
        case .progress(let summary): status.withLock { $0.summary = summary }
        case .problem(let problem):
            logger.warning("retention", metadata: ["problem": "\(problem)"])
        case .tag(let outcome):
            if outcome.action == .removed {
                logger.info(
                    "tag removed",
                    metadata: ["tag": "\(outcome.repository):\(outcome.tag)", "why": "\(outcome.reason)"]
                )
            }
            let line = isJSON ? outcome.json : outcome.line
            status.withLock { $0.append(line) }
        }
    }
}
