import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where a collection is stopped step by step, the short form takes one of many steps; `dev/crash --collector` takes all.
@Suite("A collection that fails or is killed")
struct CollectionFailureTests {
    private static let takesAll = getenv("REGISTRYD_COLLECTOR_STEPS") != nil

    private let clock = MovedClock()
    private let faulty: FaultyDriver
    private let store: CollectedStore
    private let a: RepositoryName
    private let b: RepositoryName

    init() throws {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
        a = try CollectedStore.name("team/a")
        b = try CollectedStore.name("b")
    }

    @Test(
        "removes nothing when anything can't be read while it marks",
        arguments: [FaultyDriver.Operation.content, .list, .metadata]
    )
    func readErrors(operation: FaultyDriver.Operation) async throws {
        try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushBlob("garbage", to: b)
        clock.advance(CollectedStore.grace + 2)
        try await store.collect { $0.isDryRun = true }
        let before = try await store.objects()
        let own = before.filter { !$0.hasPrefix("_registryd/collection") }
        // The first calls are about the lease.
        for skipped in [3, 5, 8, 12] {
            faulty.inject(.init(operation, .fail(.failed), skipping: skipped, times: 1))
            _ = try? await store.collect { $0.isDryRun = true }
            faulty.heal()
            #expect(try await store.objects() == before)
        }
        faulty.inject(.init(.content, .fail(.failed), pathSuffix: "/data"))
        await #expect(throws: StorageError.self) { try await store.collect() }
        faulty.heal()
        #expect(try await store.objects().filter { !$0.hasPrefix("_registryd/collection") } == own)
    }

    enum Damage: CaseIterable { case cut, notJSON }

    @Test("removes nothing when a manifest is damaged", arguments: Damage.allCases)
    func damagedManifest(damage: Damage) async throws {
        let digest = try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushBlob("garbage", to: a)
        clock.advance(CollectedStore.grace + 2)
        try await store.driver.put(
            ByteBuffer(string: damage == .cut ? "{}" : "{"),
            at: StoreLayout.blobData(digest)
        )
        await #expect(throws: CollectionError.self) { try await store.collect() }
        await #expect(throws: CollectionError.self) { try await store.collect(grace: 0) }
        #expect(try await store.blobs().count == 4)
        #expect(try await store.quarantined().isEmpty)
    }

    @Test("keeps what a tag has pointed to when its pointer is empty")
    func emptyPointer() async throws {
        let digest = try await store.pushImage(["config"], tag: "t", to: a)
        try await store.driver.put(ByteBuffer(), at: StoreLayout.tagCurrentLink(CollectedStore.tag("t"), in: a))
        let summary = try await store.collect(untagged: true, grace: 0)
        #expect(summary.manifestsRemoved == 0 && summary.problemCount == 1)
        #expect(try await store.hasManifest(digest, in: a))
    }

    /// A store with something of everything.
    private func fill(_ store: CollectedStore) async throws -> (image: Digest, index: Digest) {
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)
        let child = try await store.pushImage(["child", "layer"], to: a)
        let index = try await store.putManifest(CollectedStore.index([(child, 2)]), tag: "i", to: a)
        try await store.pushImage(["lone"], to: a)
        try await store.pushBlob("garbage", to: b)
        return (image, index)
    }

    private func expectReachable(_ store: CollectedStore, _ comment: Comment) async throws {
        for tag in ["t", "i"] {
            let manifest = try await store.registry.manifest(.tag(try CollectedStore.tag(tag)), in: a)
            var manifests = [try Manifest(stored: manifest.content)]
            for child in manifests[0].manifests {
                let content = try await store.registry.manifest(.digest(child.digest), in: a).content
                manifests.append(try Manifest(stored: content))
            }
            for blob in manifests.flatMap(\.references.blobs) {
                #expect(try await store.has(blob.digest, in: a), comment)
            }
        }
    }

    @Test("between any two calls of the driver loses nothing that is reachable, and the next run ends the work")
    func stoppedBetweenCalls() async throws {
        var stop = 0
        var hasEnded = false
        while !hasEnded {
            let clock = MovedClock()
            let base = MemoryDriver(clock: { clock.now })
            let faulty = FaultyDriver(base)
            let store = CollectedStore(on: faulty, clock: clock)
            _ = try await fill(store)
            // Three runs: what is taken away, what is removed, and what only that referred to; killed in any of them.
            faulty.inject(.init(nil, .fail(.failed), skipping: stop))
            hasEnded = true
            for _ in 0..<3 {
                clock.advance(CollectedStore.grace + 2)
                do { try await store.collect(untagged: true) { $0.concurrency = 1 } } catch { hasEnded = false }
            }
            faulty.heal()
            clock.advance(10)
            try await expectReachable(store, "stopped after \(stop) calls")
            clock.advance(1000)
            try await store.collectAll(untagged: true)
            try await expectReachable(store, "stopped after \(stop) calls")
            #expect(try await store.blobs().count == 6, "stopped after \(stop) calls")
            #expect(try await store.quarantined().isEmpty, "stopped after \(stop) calls")
            stop += Self.takesAll ? 1 : 11
        }
        #expect(stop > 100)
        if Self.takesAll { print("collector: stopped before each of \(stop) calls of the driver") }
    }

    @Test("on a machine that crashes loses nothing that is reachable, and the next run ends the work")
    func crashes() async throws {
        try await withScratchFolder { scratch in
            try await withScratchFolder { folder in
                let recorder = CrashRecorder(root: folder, threadPool: .singleton)
                let clock = MovedClock()
                let store = CollectedStore(on: recorder.driver, clock: clock)
                _ = try await fill(store)
                let pushed = recorder.steps
                for _ in 0..<3 {
                    clock.advance(CollectedStore.grace + 2)
                    try await store.collect(untagged: true) { $0.concurrency = 1 }
                }
                #expect(recorder.steps > pushed)
                var crashes = 0
                try await recorder.forEachCrash(in: scratch) { driver, crash in
                    guard crash.step >= pushed else { return }
                    crashes += 1
                    let found = CollectedStore(on: driver, clock: clock)
                    try await expectReachable(found, "\(crash)")
                    guard Self.takesAll || crash.step.isMultiple(of: 23) else { return }
                    let later = MovedClock()
                    later.advance(10 * CollectedStore.grace)
                    let next = CollectedStore(on: driver, clock: later)
                    try await next.collectAll(untagged: true)
                    try await expectReachable(next, "\(crash)")
                    #expect(try await next.blobs().count == 6, "\(crash)")
                    #expect(try await next.quarantined().isEmpty, "\(crash)")
                }
                if Self.takesAll {
                    print("collector: \(crashes) crashes, in \(recorder.steps - pushed) steps of the disk")
                }
            }
        }
    }

    @Test("marks once more at its end if told to, and gives back what the replaced server has accepted meanwhile")
    func marksAgain() async throws {
        let blob = try await store.pushBlob("blob", to: a)
        clock.advance(CollectedStore.grace + 2)
        let content = CollectedStore.image(["blob"])
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        let (base, registry, repository) = (faulty, store.registry, a)
        // After the marking: as the replaced server's push does, which looks nowhere else and has looked before.
        faulty.inject(
            .init(
                .list,
                .run {
                    try? await base.put(content, at: StoreLayout.blobData(digest))
                    try? await registry.writeLink(StoreLayout.revisionLink(digest, in: repository), to: digest)
                },
                pathSuffix: StoreLayout.canonicalBlobs.description,
                times: 1
            )
        )
        let summary = try await store.collect { $0.marksAgain = true }
        // The blob and its link.
        #expect(summary.restored == 2 && summary.blobsQuarantined >= 1)
        #expect(try await store.blobs() == [blob, digest])
        #expect(try await store.quarantined().isEmpty)
    }

    @Test("does not make a push accepted that was stopped for longer than the grace period")
    func latePush() async throws {
        let store = CollectedStore(on: faulty, clock: clock, lateAfter: .zero)
        let blob = try await store.pushBlob("blob", to: a)
        clock.advance(CollectedStore.grace + 2)
        // The push has looked for the blob, and is stopped before it links the manifest.
        let content = CollectedStore.image(["blob"])
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        let clock = clock
        let suffix = StoreLayout.revisionLink(digest, in: a).description
        faulty.inject(
            .init(
                .put,
                .run {
                    for _ in 0..<2 {
                        _ = try? await store.collect()
                        clock.advance(CollectedStore.grace + 2)
                    }
                },
                pathSuffix: suffix,
                times: 1
            )
        )
        await #expect(throws: RegistryError(.manifestBlobUnknown)) {
            try await store.putManifest(content, tag: "t", to: a)
        }
        #expect(try await !store.hasManifest(digest, in: a))
        #expect(try await store.registry.digest(of: .tag(CollectedStore.tag("t")), in: a) == nil)
        // The client sends it all again.
        #expect(try await store.pushBlob("blob", to: a) == blob)
        try await store.putManifest(content, tag: "t", to: a)
        #expect(try await store.has(blob, in: a))
    }
}
