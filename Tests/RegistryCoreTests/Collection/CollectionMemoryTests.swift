import Testing

@testable import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("The memory of a collection", .serialized)
struct CollectionMemoryTests {
    /// 20,000; `REGISTRYD_SIMULATED_BLOBS` says otherwise, for the figure of a million or of ten.
    private static let blobs = getenv("REGISTRYD_SIMULATED_BLOBS").flatMap { Int(String(cString: $0)) } ?? 20_000

    /// The most memory that this process has had, in KiB.
    private static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(Int32(RUSAGE_SELF.rawValue)), &usage)
        return usage.ru_maxrss
    }

    @Test("is that of its marks: for each blob that is kept two of them, of 20 bytes at the most")
    func simulation() async throws {
        let store = SimulatedStore(blobs: Self.blobs)
        let before = Self.peak
        let began = ContinuousClock.now
        var options = CollectionOptions()
        options.isDryRun = true
        let run = CollectionRun(Registry(driver: store), options, listener: nil)
        try await GarbageCollection(run: run).perform(renewing: {})
        let summary = run.summary
        let marked = store.repositories * (SimulatedStore.layers + 1)
        #expect(summary.blobsMarked == marked)
        #expect(summary.repositories == store.repositories)
        // What is listed and not marked: half of what is listed.
        #expect(summary.blobsQuarantined >= store.repositories * SimulatedStore.layers / 256 * 256)
        // The table's floor is 256 parts of 16 slots.
        #expect(run.marks.byteCount <= 2 * marked * 20 + 256 * 16 * 8)
        let grown = Self.peak - before
        // Beside the marks: pages, and manifests that are being read.
        #expect(grown <= run.marks.byteCount * 3 / 2 / 1024 + 131_072)
        print(
            "collection of \(marked) kept blobs: marks \(run.marks.byteCount >> 20) MiB,",
            "process grew by \(grown >> 10) MiB to \(Self.peak >> 10) MiB, in \(ContinuousClock.now - began)"
        )
    }
}
