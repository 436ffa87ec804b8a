import RegistryCore
import SimulatedStorage
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Collects twice in a simulated store, so that garbage is first taken away and then removed, and says how much memory
/// and time that took. `dev/simulate` builds it with optimisation and runs it.
@main
struct SimulateCollection {
    /// The memory that ten million blobs may take, per blob that is kept: 500 MiB in all.
    private static let bytesPerBlob = 52
    /// What a process of no blobs takes, generously.
    private static let base = 64 << 20

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let stops = arguments.contains("--stop")
        let numbers = arguments.filter { $0 != "--stop" }.map { Int($0) ?? 0 }
        let blobs = numbers.first ?? 10_000_000
        let garbage = numbers.dropFirst().first ?? blobs / 10
        let folder = notesFolder()
        defer { rmdir(folder) }
        let store = SimulatedStore(blobs: blobs, garbage: garbage, notesIn: folder)
        let clock = Clock()
        let registry = Registry(driver: store, now: { clock.now })
        let before = peak()
        print("simulate: \(store.repositories * SimulatedStore.layers) blobs that are referred to,")
        print(
            "simulate: \(store.garbage) that are not, \(store.repositories) repositories; the process has \(before >> 20) MiB"
        )
        var isRight = true
        let whole = ContinuousClock.now
        if stops { try await stop(registry, halfOf: store) }
        for run in ["takes away", "removes"] {
            let began = ContinuousClock.now
            // A run goes on with one that was stopped less than the grace period ago.
            if run == "removes" || !stops { clock.advance(200_000) }
            let marking = Mutex<ContinuousClock.Instant?>(nil)
            let summary = try await registry.collect { event in
                if case .resumed = event {
                    print("simulate: goes on with the one that was stopped, after \(ContinuousClock.now - began)")
                }
                if case .phase(.repositories) = event { marking.withLock { $0 = ContinuousClock.now } }
            }
            let marked = marking.withLock { $0 }.map { $0 - began } ?? .zero
            print(
                "simulate: the run that \(run): \(summary.blobsMarked) blobs marked in \(marked),",
                "\(summary.blobsQuarantined) taken away, \(summary.blobsRemoved) removed, in \(ContinuousClock.now - began);",
                "peak \(peak() >> 20) MiB"
            )
            // Each manifest is a blob that is kept as well.
            if summary.blobsMarked != store.repositories * (SimulatedStore.layers + 1) { isRight = false }
            let done = run == "removes" ? summary.blobsRemoved : summary.blobsQuarantined
            if done != store.garbage { isRight = false }
        }
        let grown = peak() - before
        let allowed = max(base, blobs * bytesPerBlob)
        let isSmall = peak() <= allowed
        print(
            "simulate: \(isRight && isSmall ? "PASSED" : "FAILED"): peak \(peak() >> 20) MiB of \(allowed >> 20) allowed,",
            "\(grown / blobs) bytes for each blob that is kept, \(ContinuousClock.now - whole) in all"
        )
        if !isRight || !isSmall { exit(1) }
    }

    /// Begins a collection and stops it when half of the repositories are marked; a checkpoint is written every 3 s.
    private static func stop(_ registry: Registry, halfOf store: SimulatedStore) async throws {
        let began = ContinuousClock.now
        var options = CollectionOptions()
        options.checkpointEvery = 3
        let (steps, reached) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [options] in
                _ = try await registry.collect(options) { event in
                    if case .progress(let summary) = event { reached.yield(summary.repositories) }
                }
            }
            for await marked in steps where marked >= store.repositories / 2 { break }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
        print(
            "simulate: stopped after \(ContinuousClock.now - began), with \(store.notedBytes >> 20) MiB written down;",
            "peak \(peak() >> 20) MiB"
        )
    }

    /// The most memory that this process has had, in bytes.
    private static func peak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(Int32(RUSAGE_SELF.rawValue)), &usage)
        return usage.ru_maxrss * 1024
    }

    private static func notesFolder() -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = "\(base)/registryd-simulation-\(getpid())"
        mkdir(name, 0o700)
        return name
    }

    /// A clock that is moved by hand, beginning now.
    private final class Clock: Sendable {
        private let seconds = Mutex(WallTime.now().seconds)
        var now: WallTime { WallTime(seconds: seconds.withLock { $0 }) }
        func advance(_ more: Int64) { seconds.withLock { $0 += more } }
    }
}
