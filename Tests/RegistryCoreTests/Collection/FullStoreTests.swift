import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

/// A regression: nothing could be collected in a store that was full, since who collects said so in the store first.
@Suite("A collection in a store that is full")
struct FullStoreTests {
    private let clock = MovedClock()
    private let faulty: FaultyDriver
    private let store: CollectedStore

    init() {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
    }

    /// From now on nothing can be written.
    private func fill() {
        for operation in [FaultyDriver.Operation.put, .putIfAbsent, .writer, .append, .commit] {
            faulty.inject(.init(operation, .fail(.noSpace)))
        }
    }

    @Test("removes at once what nobody is told of, and says what it could not write down")
    func withoutGrace() async throws {
        let name = try CollectedStore.name("a")
        let kept = try await store.pushImage(["config", "layer"], tag: "t", to: name)
        let untagged = try await store.pushImage(["other", "layer"], to: name)
        let garbage = try await store.pushBlob("garbage", to: name)
        clock.advance(10)
        fill()
        let summary = try await store.collect(untagged: true, grace: 0)
        #expect(summary.phase == .done && summary.blobsRemoved == 3)
        #expect(summary.problems.count == 2 && summary.problems.allSatisfy { $0.contains("full") })
        #expect(try await store.blobs() == [kept, CollectedStore.digest("config"), CollectedStore.digest("layer")])
        #expect(try await store.hasManifest(kept, in: name))
        #expect(try await !store.hasManifest(untagged, in: name))
        #expect(try await !store.has(garbage, in: name))
        #expect(try await store.registry.lastCollection() == nil)
    }

    @Test("removes under a grace period what is in quarantine, and takes away the rest when there is room")
    func withGrace() async throws {
        let name = try CollectedStore.name("a")
        try await store.pushImage(["config"], tag: "t", to: name)
        try await store.pushBlob("first", to: name)
        clock.advance(CollectedStore.grace + 2)
        #expect(try await store.collect().blobsQuarantined == 1)
        let second = try await store.pushBlob("second", to: name)
        clock.advance(CollectedStore.grace + 2)
        fill()
        let full = try await store.collect()
        #expect(full.phase == .done && full.blobsRemoved == 1 && full.blobsQuarantined == 0)
        #expect(full.problemCount == 3)
        #expect(try await store.quarantined().isEmpty)
        #expect(try await store.has(second, in: name))

        faulty.heal()
        let (taken, removed) = (try await store.collect(), try await collectLater())
        #expect(taken.blobsQuarantined == 1 && taken.problemCount == 0)
        #expect(removed.blobsRemoved == 1 && removed.problemCount == 0)
        #expect(try await !store.has(second, in: name))
    }

    private func collectLater() async throws -> CollectionSummary {
        clock.advance(CollectedStore.grace + 2)
        return try await store.collect()
    }

    @Test("leaves in quarantine what it can't bring back, where whoever asks for it finds it later")
    func bringingBack() async throws {
        let name = try CollectedStore.name("a")
        let blob = try await store.pushBlob("layer", to: name)
        clock.advance(CollectedStore.grace + 2)
        #expect(try await store.collect().blobsQuarantined == 1)
        let held = try await store.quarantined()
        // Another program's manifest: it does not look into quarantine.
        let image = CollectedStore.image(["layer"])
        try await putUnchecked(image, to: name)
        clock.advance(CollectedStore.grace + 2)
        fill()
        let full = try await store.collect()
        #expect(full.phase == .done && full.restored == 0 && full.blobsRemoved == 0)
        #expect(try await store.quarantined() == held)
        faulty.heal()
        #expect(try await store.has(blob, in: name))
    }

    private func putUnchecked(_ content: ByteBuffer, to name: RepositoryName) async throws {
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        try await faulty.put(content, at: StoreLayout.blobData(digest))
        try await faulty.put(ByteBuffer(string: "\(digest)"), at: StoreLayout.revisionLink(digest, in: name))
        try await faulty.put(ByteBuffer(string: "\(digest)"), at: StoreLayout.layerLink(digest, in: name))
    }

    @Test("ends as ever for any other failure")
    func otherFailure() async throws {
        faulty.inject(.init(.putIfAbsent, .fail(.readOnly)))
        await #expect(throws: StorageError(.readOnly, at: .root)) { try await store.collect(grace: 0) }
    }

    @Test("has no term, and lets one that has room take the store")
    func lease() async throws {
        let clock = clock
        faulty.inject(.init(.putIfAbsent, .fail(.noSpace)))
        var first = try await CollectionLease(faulty, holder: "one", seconds: 300, now: { clock.now })
        #expect(!first.isHeld)
        clock.advance(200)
        try await first.renewIfDue()
        faulty.heal()
        var second = try await CollectionLease(faulty, holder: "two", seconds: 300, now: { clock.now })
        #expect(second.isHeld)
        await first.release()
        // It stays the holder until its time is over, though it can't say that it is alive.
        faulty.inject(.init(.put, .fail(.noSpace)))
        clock.advance(200)
        try await second.renewIfDue()
        await #expect(throws: CollectionError.self) {
            try await CollectionLease(faulty, holder: "three", seconds: 300, now: { clock.now })
        }
    }
}
