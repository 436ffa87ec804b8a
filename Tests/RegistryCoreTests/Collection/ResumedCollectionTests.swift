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

/// `dev/crash --collector` stops before every call; the short form before one of many.
@Suite("A collection that goes on with one that was killed")
struct ResumedCollectionTests {
    private static let takesAll = getenv("REGISTRYD_COLLECTOR_STEPS") != nil

    private let clock = MovedClock()
    private let faulty: FaultyDriver
    private let store: CollectedStore

    init() {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
    }

    /// Counts the calls of one operation on a path, from now on.
    private func count(_ operation: FaultyDriver.Operation, _ suffix: String) -> StormClient.Counter {
        let counter = StormClient.Counter()
        faulty.inject(.init(operation, .run { counter.increment() }, pathSuffix: suffix))
        return counter
    }

    /// As another process would see the store.
    private var other: CollectedStore { CollectedStore(on: faulty, clock: clock) }

    // MARK: Where it goes on

    @Test("does not read again what was marked, and counts it")
    func marking() async throws {
        let names = try ["a", "a/b", "a-b", "c", "d"].map { try CollectedStore.name($0) }
        for name in names { try await store.pushImage(["config of \(name)", "layer"], tag: "t", to: name) }
        try await store.pushBlob("garbage", to: names[0])
        clock.advance(CollectedStore.grace + 2)
        let began = clock.now
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "/c/_manifests/revisions/sha256", times: 1))
        await #expect(throws: StorageError.self) { try await store.collect { $0.beCareful() } }
        #expect(try await !store.objects(below: "_registryd/collection/checkpoint").isEmpty)
        faulty.heal()

        clock.advance(100)
        let counters = names.map { count(.list, "repositories/\($0)/_manifests/revisions/sha256") }
        let events = Mutex<[String]>([])
        var options = CollectionOptions()
        options.grace = CollectedStore.grace
        options.beCareful()
        let summary = try await other.registry.collect(options) { event in
            if let text = CollectionLines().note(for: event) { events.withLock { $0.append(text) } }
        }
        // Once when it is swept, and once before that only where it had not been marked.
        #expect(counters.map(\.value) == [1, 1, 1, 2, 2])
        #expect(summary.resumed == began && summary.started == clock.now && summary.repositories == 5)
        #expect(summary.blobsMarked == 11 && summary.manifestsMarked == 5 && summary.blobsQuarantined == 1)
        let told = "going on with the collection that began at \(began.rfc3339) and did not end"
        #expect(events.withLock { $0 } == [told])
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
        #expect(try await store.collect().resumed == nil)
    }

    @Test("does not mark again when marking was complete, and goes on after what was swept")
    func sweeping() async throws {
        let names = try ["a", "b", "c"].map { try CollectedStore.name($0) }
        for name in names {
            try await store.pushImage(["config of \(name)"], tag: "t", to: name)
            try await store.pushBlob("garbage of \(name)", to: name)
        }
        clock.advance(CollectedStore.grace + 2)
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "repositories/b/_layers/sha256", times: 1))
        await #expect(throws: StorageError.self) { try await store.collect { $0.beCareful() } }
        faulty.heal()

        let manifests = count(.content, "/data")
        let layers = names.map { count(.list, "v2/repositories/\($0)/_layers/sha256") }
        let folders = try await store.objects(below: "blobs/sha256").map { $0.split(separator: "/")[2] }.sorted()
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "v2/blobs/sha256/\(folders[5])", times: 1))
        await #expect(throws: StorageError.self) { try await other.collect { $0.beCareful() } }
        #expect(manifests.value == 0 && layers.map(\.value) == [0, 1, 1])
        faulty.heal()

        let repositories = count(.list, "v2/repositories")
        let blobs = folders.map { count(.list, "v2/blobs/sha256/\($0)") }
        let summary = try await other.collect { $0.beCareful() }
        #expect(repositories.value == 0)
        #expect(blobs.prefix(5).allSatisfy { $0.value == 0 } && blobs.dropFirst(5).allSatisfy { $0.value > 0 })
        #expect(summary.blobsQuarantined == 3 && summary.layersQuarantined == 3 && summary.repositoriesSwept == 3)
        #expect(summary.blobFoldersSwept == summary.blobFolders)
    }

    @Test(
        "is not there where a run takes less time than passes between checkpoints, nor for a dry run or one of a part"
    )
    func short() async throws {
        let name = try CollectedStore.name("a")
        try await store.pushImage(["config"], tag: "t", to: name)
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "a/_layers/sha256"))
        await #expect(throws: StorageError.self) { try await store.collect() }
        for change in [{ $0.isDryRun = true }, { $0.scope = { _ in true } }] as [(inout CollectionOptions) -> Void] {
            await #expect(throws: StorageError.self) {
                try await store.collect { options in
                    options.beCareful()
                    change(&options)
                }
            }
        }
        await #expect(throws: StorageError.self) { try await store.collect(grace: 0) { $0.beCareful() } }
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
    }

    @Test("is a run that could not write down how far it was, and did the rest all the same")
    func noSpace() async throws {
        let name = try CollectedStore.name("a")
        try await store.pushImage(["config"], tag: "t", to: name)
        try await store.pushBlob("garbage", to: name)
        clock.advance(CollectedStore.grace + 2)
        faulty.inject(.init(.append, .fail(.noSpace)))
        faulty.inject(.init(.put, .fail(.noSpace), pathSuffix: "checkpoint/state"))
        let summary = try await store.collect { $0.beCareful() }
        #expect(summary.phase == .done && summary.blobsQuarantined == 1 && summary.problemCount > 0)
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
    }

    // MARK: Stopped anywhere

    /// A store with something of everything.
    private static func fill(_ store: CollectedStore) async throws -> [(Digest, RepositoryName)] {
        let (a, b, c) = (
            try CollectedStore.name("team/a"), try CollectedStore.name("b"), try CollectedStore.name("team")
        )
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)
        let child = try await store.pushImage(["child", "layer"], to: a)
        let index = try await store.putManifest(CollectedStore.index([(child, 2)]), tag: "i", to: a)
        try await store.pushImage(["lone"], to: a)
        try await store.pushImage(["lone"], to: b)
        try await store.pushBlob("garbage", to: b)
        let other = try await store.pushImage(["other", "layer"], tag: "t", to: c)
        return [(image, a), (child, a), (index, a), (other, c)]
    }

    private static func expectReachable(
        _ manifests: [(Digest, RepositoryName)],
        in store: CollectedStore,
        _ comment: Comment
    ) async throws {
        for (digest, name) in manifests {
            let content = try await store.registry.manifest(.digest(digest), in: name).content
            for blob in try Manifest(stored: content).references.blobs {
                #expect(try await store.has(blob.digest, in: name), comment)
            }
        }
    }

    /// What lies in its place.
    private static func present(_ store: CollectedStore) async throws -> Set<String> {
        try await store.objects().filter { !$0.hasPrefix("_registryd") }
    }

    @Test("between any two calls of the driver ends with the store that an uninterrupted one leaves")
    func stoppedBetweenCalls() async throws {
        let reference = CollectedStore()
        _ = try await Self.fill(reference)
        var expected: [Set<String>] = []
        for _ in 0..<4 {
            reference.clock.advance(CollectedStore.grace + 2)
            try await reference.collect(untagged: true)
            expected.append(try await Self.present(reference))
        }
        var (stop, resumptions, hasEnded) = (0, 0, false)
        while !hasEnded {
            let clock = MovedClock()
            let base = MemoryDriver(clock: { clock.now })
            let faulty = FaultyDriver(base)
            let store = CollectedStore(on: faulty, clock: clock)
            let kept = try await Self.fill(store)
            let observed = CollectedStore(on: base, clock: clock)
            let comment: Comment = "stopped after \(stop) calls"
            faulty.inject(.init(nil, .fail(.failed), skipping: stop))
            hasEnded = true
            for round in 0..<3 {
                clock.advance(CollectedStore.grace + 2)
                var hasResumed = false
                do {
                    try await store.collect(untagged: true) { $0.beCareful() }
                } catch {
                    hasEnded = false
                    faulty.heal()
                    // Its term has run out.
                    clock.advance(301)
                    let next = CollectedStore(on: faulty, clock: clock)
                    let summary = try await next.collect(untagged: true) { $0.beCareful() }
                    hasResumed = summary.resumed != nil
                    resumptions += hasResumed ? 1 : 0
                }
                let present = try await Self.present(observed)
                #expect(present.isSuperset(of: expected[3]), comment)
                if hasEnded { #expect(present == expected[round], comment) }
                // Where it was stopped between the two halves of a move, that one object is new, and stays for now.
                if hasResumed { #expect(present.symmetricDifference(expected[round]).count <= 1, comment) }
            }
            faulty.heal()
            #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty, comment)
            try await Self.expectReachable(kept, in: store, comment)
            try await store.collectAll(untagged: true)
            try await Self.expectReachable(kept, in: store, comment)
            #expect(try await store.quarantined().isEmpty, comment)
            #expect(try await store.blobs() == reference.blobs(), comment)
            stop += Self.takesAll ? 1 : 13
        }
        #expect(stop > 300 && resumptions > 10)
        if Self.takesAll { print("collector: \(resumptions) of \(stop) runs that were stopped were gone on with") }
    }

    @Test("is one of files as well, whose marks are written and read in pieces")
    func files() async throws {
        try await withScratchFolder { folder in
            let faulty = FaultyDriver(FilesystemDriver(root: folder, threadPool: .singleton))
            let store = CollectedStore(on: faulty, clock: clock)
            let kept = try await Self.fill(store)
            clock.advance(CollectedStore.grace + 2)
            faulty.inject(.init(.list, .fail(.failed), pathSuffix: "/team/a/_manifests/revisions/sha256"))
            await #expect(throws: StorageError.self) { try await store.collect { $0.beCareful() } }
            faulty.heal()
            let next = CollectedStore(on: faulty, clock: clock)
            #expect(try await next.collect { $0.beCareful() }.resumed != nil)
            #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
            try await store.collectAll()
            try await Self.expectReachable(kept, in: store, "on files")
        }
    }
}
