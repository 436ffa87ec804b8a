import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

/// A collection has walked past the repository `a`, and is killed before `z`. What happens then, before another one goes
/// on with it, must lose nothing.
@Suite("What happens between the end of a collection that was killed and the one that goes on with it")
struct MeanwhileTests {
    private let clock = MovedClock()
    private let faulty: FaultyDriver
    private let store: CollectedStore
    private let a: RepositoryName
    private let b: RepositoryName
    private let z: RepositoryName

    init() throws {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
        a = try CollectedStore.name("a")
        b = try CollectedStore.name("b")
        z = try CollectedStore.name("z")
    }

    enum Kill: CaseIterable {
        /// Before `z` is marked.
        case marking
        /// When `a` is swept, and `z` isn't.
        case sweeping
    }

    /// Runs until it is killed.
    private func kill(_ kill: Kill = .marking, untagged: Bool = false) async throws {
        let part = kill == .marking ? "_manifests/revisions" : "_layers"
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "v2/repositories/z/\(part)/sha256"))
        await #expect(throws: StorageError.self) { try await store.collect(untagged: untagged) { $0.beCareful() } }
        faulty.heal()
        clock.advance(100)
    }

    /// Goes on by another process, and then collects until nothing is left to do.
    private func goOn(untagged: Bool = false, resumes: Bool = true) async throws {
        let next = CollectedStore(on: faulty, clock: clock)
        #expect(try await (next.collect(untagged: untagged) { $0.beCareful() }.resumed != nil) == resumes)
        try await next.collectAll(untagged: untagged)
        #expect(try await store.quarantined().isEmpty)
    }

    private func expectWhole(_ manifest: Digest, in name: RepositoryName) async throws {
        let content = try await store.registry.manifest(.digest(manifest), in: name).content
        for blob in try Manifest(stored: content).references.blobs {
            #expect(try await store.has(blob.digest, in: name))
        }
    }

    /// Puts what is referred to where a run that was killed long ago may have left it: a push that was under way then has
    /// looked for it before. The next run gives it back, unless it misses who refers to it.
    private func takeAway(_ text: String) async throws {
        let digest = CollectedStore.digest(text)
        let batch = "1-batch"
        #expect(try await Quarantine(driver: faulty).take(StoreLayout.blobData(digest), as: batch))
        let shard = "blobs/\(digest.hex.prefix(2))"
        var ledger = QuarantineLedger()
        ledger.note("\(digest.hex)/\(batch)", at: clock.now.seconds)
        try await ledger.write(shard, replacing: QuarantineLedger(), to: faulty)
        clock.advance(CollectedStore.grace + 2)
    }

    @Test("a push that relies on an old blob that nothing referred to", arguments: Kill.allCases)
    func push(at moment: Kill) async throws {
        for name in [a, z] { try await store.pushImage(["config of \(name)"], tag: "t", to: name) }
        try await store.pushBlob("old", to: a)
        clock.advance(CollectedStore.grace + 2)
        try await store.collect()
        clock.advance(CollectedStore.grace + 2)
        try await kill(moment)
        // It is in quarantine, and would be removed. When `a` was swept, its link is gone, and its data is still there.
        #expect(try await store.has(CollectedStore.digest("old"), in: a) == (moment == .marking))
        if moment == .sweeping { try await store.pushBlob("old", to: a) }
        let manifest = try await store.putManifest(CollectedStore.image(["old"]), tag: "new", to: a)
        try await goOn()
        try await expectWhole(manifest, in: a)
    }

    @Test("a push to a repository that there was not", arguments: Kill.allCases)
    func newRepository(at moment: Kill) async throws {
        try await store.pushImage(["config"], tag: "t", to: z)
        try await store.pushBlob("old", to: z)
        clock.advance(CollectedStore.grace + 2)
        try await store.pushImage(["config"], tag: "t", to: a)
        try await kill(moment)
        #expect(try await store.registry.mount(CollectedStore.digest("old"), from: z, into: a, mayRead: { _ in true }))
        let manifest = try await store.putManifest(CollectedStore.image(["old"]), tag: "t", to: a)
        try await goOn()
        try await expectWhole(manifest, in: a)
    }

    @Test("a repository is restored that was in the trash when marking began", arguments: Kill.allCases)
    func restored(at moment: Kill) async throws {
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushImage(["other"], tag: "t", to: z)
        try await store.pushImage(["other"], tag: "t", to: b)
        try await takeAway("layer")
        let deleted = try await store.registry.deleteRepository(a)
        try await kill(moment)
        try await store.registry.restoreRepository(deleted.id)
        try await goOn()
        try await expectWhole(image, in: a)
    }

    @Test("a repository is restored that was deleted while the walk came near, and that is nowhere when it goes on")
    func deletedDuringWalk() async throws {
        // The walk passes where it was: it ends after `c`.
        for name in [a, try CollectedStore.name("c")] { try await store.pushImage(["first"], tag: "t", to: name) }
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: b)
        try await store.pushImage(["other"], tag: "t", to: z)
        try await takeAway("layer")
        // After the trash was marked, before the walk comes to it.
        let registry = store.registry
        let suffix = "v2/repositories/a/_manifests/revisions/sha256"
        faulty.inject(.init(.list, .run { _ = try? await registry.deleteRepository(b) }, pathSuffix: suffix, times: 1))
        try await kill()
        let deleted = try #require(try await registry.deletedRepositories().first)
        try await registry.restoreRepository(deleted.id)
        try await goOn()
        try await expectWhole(image, in: b)
    }

    @Test("a manifest comes back from quarantine to a repository that had nothing else")
    func cameBack() async throws {
        let image = try await store.pushImage(["config", "layer"], to: a)
        for name in [b, z] { try await store.pushImage(["other"], tag: "t", to: name) }
        clock.advance(CollectedStore.grace + 2)
        try await store.collect(untagged: true)
        for text in ["config", "layer"] {
            let link = StoreLayout.layerLink(CollectedStore.digest(text), in: a)
            try await faulty.delete(at: link)
        }
        try await takeAway("layer")
        #expect(try await store.registry.repositories(limit: 10).items == [b, z])
        try await kill(untagged: true)
        // Whoever asks for it gets it.
        #expect(try await store.hasManifest(image, in: a))
        let next = CollectedStore(on: faulty, clock: clock)
        #expect(try await next.collect(untagged: true) { $0.beCareful() }.resumed != nil)
        #expect(try await store.blobs().contains(CollectedStore.digest("layer")))
    }

    @Test("a repository is deleted, and restored after all", arguments: Kill.allCases)
    func deleted(at moment: Kill) async throws {
        var images: [(Digest, RepositoryName)] = []
        for name in [a, z] {
            images.append((try await store.pushImage(["config of \(name)", "layer"], tag: "t", to: name), name))
        }
        clock.advance(CollectedStore.grace + 2)
        try await kill(moment)
        let deleted = [
            try await store.registry.deleteRepository(a), try await store.registry.deleteRepository(z),
        ]
        try await goOn()
        for repository in deleted { try await store.registry.restoreRepository(repository.id) }
        for (image, name) in images { try await expectWhole(image, in: name) }
    }

    @Test("a tag is moved to a manifest that had none, and away from another", arguments: Kill.allCases)
    func movedTag(at moment: Kill) async throws {
        var pushed: [(RepositoryName, old: Digest, lone: ByteBuffer)] = []
        for name in [a, z] {
            let old = try await store.pushImage(["old of \(name)"], tag: "t", to: name)
            try await store.pushImage(["lone of \(name)"], to: name)
            pushed.append((name, old, CollectedStore.image(["lone of \(name)"])))
        }
        clock.advance(CollectedStore.grace + 2)
        try await kill(moment, untagged: true)
        for (name, _, lone) in pushed { try await store.putManifest(lone, tag: "t", to: name) }
        try await goOn(untagged: true)
        for (name, old, lone) in pushed {
            try await expectWhole(ContentHasher.digest(of: lone, algorithm: .canonical), in: name)
            #expect(try await !store.hasManifest(old, in: name))
        }
    }

    @Test("tags and manifests are deleted, and restored before and after it goes on", arguments: Kill.allCases)
    func records(at moment: Kill) async throws {
        let images = [
            (try await store.pushImage(["one"], tag: "one", to: a), a),
            (try await store.pushImage(["two"], tag: "two", to: a), a),
            (try await store.pushImage(["three"], tag: "three", to: z), z),
        ]
        clock.advance(CollectedStore.grace + 2)
        try await kill(moment, untagged: true)
        for (digest, name) in images { try await store.registry.deleteManifest(digest, in: name) }
        #expect(try await store.registry.restore(.digest(images[0].0, in: a)) != nil)
        let next = CollectedStore(on: faulty, clock: clock)
        #expect(try await next.collect(untagged: true) { $0.beCareful() }.resumed != nil)
        for (digest, name) in images.dropFirst() {
            #expect(try await store.registry.restore(.digest(digest, in: name)) != nil)
        }
        for (digest, name) in images { try await expectWhole(digest, in: name) }
        try await next.collectAll(untagged: true)
        for (digest, name) in images { try await expectWhole(digest, in: name) }
    }

    @Test("another process collects all of it with other options, or a part", arguments: Kill.allCases, [true, false])
    func collected(at moment: Kill, whole: Bool) async throws {
        let images = [
            (try await store.pushImage(["one"], tag: "t", to: a), a), (try await store.pushImage(["two"], to: a), a),
            (try await store.pushImage(["three"], tag: "t", to: z), z),
        ]
        try await store.pushBlob("garbage", to: a)
        clock.advance(CollectedStore.grace + 2)
        try await kill(moment)
        let other = CollectedStore(on: faulty, clock: clock)
        try await other.collect(untagged: true) { options in
            if !whole { options.scope = { $0.description == "a" } }
        }
        try await goOn(resumes: !whole)
        for (digest, name) in images { try await expectWhole(digest, in: name) }
    }
}
