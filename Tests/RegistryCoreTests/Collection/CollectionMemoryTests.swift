import SimulatedStorage
import Testing

@testable import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `dev/simulate` is the long form: ten million blobs, with optimisation.
@Suite("The memory of a collection", .serialized)
struct CollectionMemoryTests {
    private static let blobs = 20_000

    /// The most memory that this process has had, in KiB.
    private static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(Int32(RUSAGE_SELF.rawValue)), &usage)
        return usage.ru_maxrss
    }

    @Test("is that of its marks: for each blob that is kept two of them, of 20 bytes at the most")
    func simulation() async throws {
        let store = SimulatedStore(blobs: Self.blobs, garbage: Self.blobs)
        let before = Self.peak
        var options = CollectionOptions()
        options.isDryRun = true
        let run = CollectionRun(Registry(driver: store), options, listener: nil)
        try await GarbageCollection(run: run).perform(renewing: {})
        let summary = run.summary
        let marked = store.repositories * (SimulatedStore.layers + 1)
        #expect(summary.blobsMarked == marked)
        #expect(summary.repositories == store.repositories)
        #expect(summary.blobsQuarantined == store.garbage)
        // The table's floor is 256 parts of 16 slots.
        #expect(run.marks.byteCount <= 2 * marked * 20 + 256 * 16 * 8)
        // Beside the marks: pages, and manifests that are being read.
        #expect(Self.peak - before <= run.marks.byteCount * 3 / 2 / 1024 + 131_072)
    }

    @Test(
        "is 130 bytes at the most for each piece of garbage of the folders that are worked on, which goes in two runs"
    )
    func removal() async throws {
        let store = SimulatedStore(blobs: 2_000, garbage: 2_000)
        let clock = MovedClock()
        let registry = Registry(driver: store, now: { clock.now })
        let before = store.notedBytes
        let first = try await registry.collect()
        #expect(first.blobsQuarantined == store.garbage && first.blobsRemoved == 0)
        // A ledger is kept as the text that is written; beside it are the summary and the term.
        #expect(store.notedBytes - before <= store.garbage * 130 + 4096)
        let again = try await registry.collect()
        #expect(again.blobsQuarantined == 0 && again.blobsRemoved == 0)
        clock.advance(86_402)
        let last = try await registry.collect()
        #expect(last.blobsRemoved == store.garbage && last.blobsQuarantined == 0)
        #expect(store.notedBytes - before <= 4096)
    }
}
