import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Pushes, mounts, looks and skips, moves tags, deletes, restores and pulls, while collections and repairs never stop.
///
/// A second lasts a hundredth of one, so that grace periods pass. Three seconds long; `dev/storm --in-process` is the long
/// form, and `SocketStormTests` the storm against the program.
@Suite("A storm of clients during collections", .serialized)
struct StormTests {
    private static let seconds = getenv("REGISTRYD_STORM_SECONDS").flatMap { Double(String(cString: $0)) } ?? 3
    private static let seed = getenv("REGISTRYD_STORM_SEED").flatMap { UInt64(String(cString: $0)) } ?? 0

    @Test(
        "refuses no push and breaks no pull, and leaves exactly what is reachable, in memory",
        arguments: [false, true]
    )
    func inMemory(untagged: Bool) async throws {
        let clock = FastClock()
        // Memory never waits: without this one task would run until the end before the next one began.
        let driver = FaultyDriver(MemoryDriver(clock: { clock.now }))
        driver.inject(.init(nil, .run { await Task.yield() }))
        try await storm(on: driver, clock, untagged: untagged)
    }

    @Test(
        "refuses no push and breaks no pull, and leaves exactly what is reachable, in files",
        arguments: [false, true]
    )
    func inFiles(untagged: Bool) async throws {
        try await withScratchFolder { folder in
            let driver = FilesystemDriver(root: folder, threadPool: .singleton)
            try await storm(on: driver, FastClock(), untagged: untagged)
        }
    }

    @Test("refuses no push and breaks no pull when collections are stopped all the time, and gone on with")
    func stopped() async throws {
        // Slower, since nobody goes on with a run that began more than a grace period ago.
        let clock = FastClock(milliseconds: 40)
        let driver = FaultyDriver(MemoryDriver(clock: { clock.now }))
        driver.inject(.init(nil, .run { await Task.yield() }))
        let resumed = StormClient.Counter()
        try await storm(on: driver, clock, untagged: true, counting: resumed)
        #expect(resumed.value > 0)
    }

    /// - Parameter resumed: counts the collections that went on with one that was stopped; `nil` to stop none.
    private func storm(
        on driver: any StorageDriver,
        _ clock: FastClock,
        untagged: Bool,
        counting resumed: StormClient.Counter? = nil
    ) async throws {
        let replicas = (0..<2).map { _ in
            var options = Registry.Options()
            options.allowsDeletion = true
            // Half of the grace period by the clock on the wall.
            options.lateAfter = .milliseconds(400)
            return Registry(driver: driver, options: options, now: { clock.now })
        }
        let names = try ["a", "team/b", "team/b/c"].map { try CollectedStore.name($0) }
        let clients = (0..<6).map {
            StormClient(number: $0, registry: replicas[$0 % 2], names: names, clock: clock, seed: Self.seed)
        }
        let deadline = ContinuousClock.now + .seconds(Self.seconds)
        // A machine that is busy with other things may not come to collect anything until then.
        let (lastMoment, progress) = (deadline + .seconds(60), StormClient.Counter())
        @Sendable func isOver() -> Bool {
            let isDone = progress.value > 0 && resumed?.value != 0
            return ContinuousClock.now >= (isDone ? deadline : lastMoment)
        }
        let collected = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in clients {
                group.addTask {
                    var client = client
                    while !isOver() { try await client.step() }
                    try await client.pullAll()
                    return try await client.finish()
                }
            }
            for replica in replicas {
                group.addTask {
                    var collected = 0
                    while !isOver() {
                        do {
                            guard
                                let summary = try await Self.collect(replica, untagged: untagged, counting: resumed)
                            else { continue }
                            collected += summary.blobsRemoved + summary.blobsQuarantined
                            if collected > 0 { progress.increment() }
                        } catch CollectionError.busy, CollectionError.leaseLost {}
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    return collected
                }
            }
            group.addTask {
                var options = VerificationOptions()
                (options.repairs, options.concurrency) = (true, 2)
                while !isOver() {
                    let report = try await replicas[1].verify(options)
                    #expect(report.damaged == 0, "\(report.text)")
                    try await Task.sleep(for: .milliseconds(50))
                }
                return 0
            }
            return try await group.reduce(0, +)
        }
        #expect(clients.reduce(0) { $0 + $1.pushes.value } > 0)
        #expect(collected > 0, "nothing was collected while clients pushed")

        let store = CollectedStore(on: driver, clock: MovedClock())
        for _ in 0..<6 {
            clock.advance(2 * StormClient.grace)
            _ = try await replicas[0].collect(Self.options(untagged: untagged))
        }
        var expected = StormContent()
        for client in clients { client.result.add(to: &expected) }
        let reachable = untagged ? expected.reachable() : expected.all()
        #expect(try await store.blobs() == reachable.blobs)
        var links: Set<String> = []
        for path in try await store.objects(below: "repositories")
        where path.contains("/_layers/") || path.contains("/revisions/") {
            links.insert(path)
        }
        #expect(links == reachable.links)
        #expect(try await store.quarantined().isEmpty)
    }

    /// Collects, or begins to.
    ///
    /// - Returns: what was done; `nil` when it was stopped.
    private static func collect(
        _ replica: Registry,
        untagged: Bool,
        counting resumed: StormClient.Counter?
    ) async throws -> CollectionSummary? {
        guard let resumed else { return try await replica.collect(options(untagged: untagged)) }
        var options = options(untagged: untagged)
        options.checkpointEvery = 0
        // Every third one is left to its end, or there might be none within a grace period.
        let last = Int.random(in: 0..<3) == 0 ? .max : Int.random(in: 1...10)
        let (steps, reached) = AsyncStream<Void>.makeStream()
        return try await withThrowingTaskGroup(of: CollectionSummary.self) { group in
            group.addTask { [options] in
                defer { reached.finish() }
                return try await replica.collect(options) { event in
                    if case .resumed = event { resumed.increment() }
                    if case .progress = event { reached.yield() }
                }
            }
            var count = 0
            for await _ in steps {
                count += 1
                if count == last { group.cancelAll() }
            }
            do { return try await group.next() } catch is CancellationError { return nil }
        }
    }

    private static func options(untagged: Bool) -> CollectionOptions {
        var options = CollectionOptions()
        options.grace = StormClient.grace
        options.deletesUntagged = untagged
        options.concurrency = 4
        return options
    }
}

/// A clock on which a second lasts some milliseconds: 10 where nothing else is said.
final class FastClock: Sendable {
    private let began = ContinuousClock.now
    private let base = WallTime.now().seconds
    private let extra = Mutex<Int64>(0)
    private let milliseconds: Int64

    init(milliseconds: Int64 = 10) { self.milliseconds = milliseconds }

    func advance(_ seconds: Int64) { extra.withLock { $0 += seconds } }

    var now: WallTime {
        let passed = (ContinuousClock.now - began).components
        let whole = passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
        return WallTime(seconds: base + whole / milliseconds + extra.withLock { $0 })
    }
}
