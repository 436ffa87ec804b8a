import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("A collection")
struct CollectionTests {
    private let store = CollectedStore()
    private let a: RepositoryName
    private let b: RepositoryName

    init() throws {
        a = try CollectedStore.name("team/a")
        b = try CollectedStore.name("b")
    }

    @Test("leaves what is recent, takes away what is not, and removes it a grace period later")
    func lifeOfGarbage() async throws {
        let garbage = try await store.pushBlob("garbage", to: a)
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)

        #expect(try await store.collect().blobsQuarantined == 0)
        store.clock.advance(CollectedStore.grace + 2)
        let taken = try await store.collect()
        #expect(taken.blobsQuarantined == 1 && taken.bytesQuarantined == 7 && taken.layersQuarantined == 1)
        #expect(taken.blobsMarked == 3 && taken.manifestsMarked == 1 && taken.blobsRemoved == 0)
        #expect(try await store.blobs() == [image, CollectedStore.digest("config"), CollectedStore.digest("layer")])

        store.clock.advance(CollectedStore.grace)
        #expect(try await store.collect().blobsRemoved == 0)
        store.clock.advance(2)
        let removed = try await store.collect()
        #expect(removed.blobsRemoved == 1 && removed.bytesFreed == 7 && removed.layersRemoved == 1)
        #expect(try await !store.has(garbage, in: a))
        #expect(try await store.has(CollectedStore.digest("layer"), in: a))
        #expect(try await store.quarantined().isEmpty)
        #expect(try await store.objects(below: "_registryd/collection/seen").isEmpty)
    }

    enum Touch: CaseIterable { case look, mount, push }

    @Test("gives back what somebody asks for in the grace period", arguments: Touch.allCases)
    func comesBack(touch: Touch) async throws {
        let blob = try await store.pushBlob("blob", to: a)
        store.clock.advance(CollectedStore.grace + 2)
        #expect(try await store.collect().blobsQuarantined == 1)
        #expect(try await !store.blobs().contains(blob))
        store.clock.advance(CollectedStore.grace)
        switch touch {
        case .look: #expect(try await store.has(blob, in: a))
        case .mount: #expect(try await store.registry.mount(blob, from: a, into: b) { _ in true })
        case .push: try await store.putManifest(CollectedStore.image(["blob"]), tag: "t", to: a)
        }
        #expect(try await store.blobs().contains(blob))
        store.clock.advance(10)
        try await store.collect()
        #expect(try await store.has(blob, in: touch == .mount ? b : a))
    }

    @Test("brings back by itself what a manifest has come to refer to meanwhile")
    func marksAgain() async throws {
        let blob = try await store.pushBlob("blob", to: a)
        store.clock.advance(CollectedStore.grace + 2)
        try await store.collect()
        // As the replaced server's push does, which looks nowhere else.
        let content = CollectedStore.image(["blob"])
        let digest = ContentHasher.digest(of: content, algorithm: .canonical)
        try await store.driver.put(content, at: StoreLayout.blobData(digest))
        try await store.registry.writeLink(StoreLayout.revisionLink(digest, in: a), to: digest)
        store.clock.advance(CollectedStore.grace + 2)
        let summary = try await store.collect()
        #expect(summary.restored == 2 && summary.blobsRemoved == 0)
        #expect(try await store.blobs() == [blob, digest])
        #expect(try await store.quarantined().isEmpty)
    }

    @Test("removes a link where nothing refers to the blob, and leaves the blob where something does")
    func linksOfRepositories() async throws {
        try await store.pushImage(["config", "shared"], tag: "t", to: a)
        try await store.pushBlob("shared", to: b)
        try await store.collectAll()
        #expect(try await store.has(CollectedStore.digest("shared"), in: a))
        #expect(try await !store.has(CollectedStore.digest("shared"), in: b))
        #expect(try await store.objects(below: "repositories/b").isEmpty)
    }

    @Test("keeps untagged manifests unless it is told to remove them, and then keeps what a tagged one leads to")
    func untagged() async throws {
        let child = try await store.pushImage(["child"], to: a)
        let lone = try await store.pushImage(["lone"], to: a)
        let signature = try await store.pushImage(["signature"], subject: child, to: a)
        let deep = try await store.pushImage(["deep"], subject: signature, to: a)
        let index = try await store.putManifest(CollectedStore.index([(child, 2)]), tag: "i", to: a)
        let orphan = try await store.pushImage(["orphan"], subject: CollectedStore.digest("nowhere"), to: a)

        try await store.collectAll()
        #expect(try await store.blobs().count == 11)

        store.clock.advance(CollectedStore.grace + 2)
        let summary = try await store.collect(untagged: true)
        #expect(summary.manifestsQuarantined == 2 && summary.blobsQuarantined == 0)
        // A client that has the digest still gets it, whole, and then it stays for a grace period.
        #expect(try await store.hasManifest(lone, in: a))
        #expect(try await store.has(CollectedStore.digest("lone"), in: a))
        try await store.collectAll(untagged: true)
        for kept in [child, signature, deep, index] { #expect(try await store.hasManifest(kept, in: a)) }
        for gone in [lone, orphan] { #expect(try await !store.hasManifest(gone, in: a)) }
        let texts = ["child", "signature", "deep"].map { CollectedStore.digest($0) }
        #expect(try await store.blobs() == Set(texts + [child, signature, deep, index]))
        #expect(try await store.quarantined().isEmpty)
    }

    @Test("removes no child while its index may come back, so that who asks for the index gets all of it")
    func awaitedChildren() async throws {
        let child = try await store.pushImage(["child"], to: a)
        let index = try await store.putManifest(CollectedStore.index([(child, 2)]), to: a)
        func links() async throws -> [Bool] {
            let held = try await store.quarantined().filter { $0.contains("/revisions/") }
            return [index, child].map { digest in held.contains { $0.contains(digest.hex) } }
        }
        store.clock.advance(CollectedStore.grace + 2)
        try await store.collect(untagged: true)
        #expect(try await links() == [true, true])
        store.clock.advance(CollectedStore.grace + 2)
        try await store.collect(untagged: true)
        #expect(try await links() == [false, true])
        try await store.collect(untagged: true)
        #expect(try await links() == [false, false])
        try await store.collectAll(untagged: true)
        #expect(try await store.blobs().isEmpty)
        #expect(try await store.quarantined().isEmpty)
    }

    @Test("does not bring back what a client has deleted while it was in quarantine")
    func deletedStaysDeleted() async throws {
        let blob = try await store.pushBlob("blob", to: a)
        let manifest = try await store.pushImage(["lone"], to: a)
        store.clock.advance(CollectedStore.grace + 2)
        let summary = try await store.collect(untagged: true)
        #expect(summary.manifestsQuarantined == 1 && summary.layersQuarantined == 1)
        try await store.registry.deleteBlob(blob, in: a)
        try await store.registry.deleteManifest(manifest, in: a)
        #expect(try await !store.has(blob, in: a))
        #expect(try await !store.hasManifest(manifest, in: a))
        try await store.collect(untagged: true)
        #expect(try await !store.has(blob, in: a))
        #expect(try await !store.hasManifest(manifest, in: a))
    }

    @Test("of a store that nobody uses removes at once exactly what is not reachable")
    func withoutGrace() async throws {
        try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushBlob("garbage", to: a)
        try await store.pushImage(["lone"], to: a)
        let summary = try await store.collect(untagged: true, grace: 0)
        #expect(summary.blobsRemoved == 3 && summary.manifestsRemoved == 1 && summary.layersRemoved == 2)
        #expect(try await store.blobs().count == 3)
        #expect(try await store.collect(untagged: true, grace: 0).blobsRemoved == 0)
    }

    @Test("changes nothing in a dry run, and says what it would do", arguments: [0, CollectedStore.grace])
    func dryRun(grace: Int64) async throws {
        try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushImage(["lone"], to: a)
        try await store.pushBlob("garbage", to: b)
        store.clock.advance(CollectedStore.grace + 2)
        let before = try await store.objects()
        let dry = try await store.collect(untagged: true, grace: grace) { $0.isDryRun = true }
        #expect(try await store.objects() == before)
        let real = try await store.collect(untagged: true, grace: grace)
        #expect(dry.blobsQuarantined == real.blobsQuarantined && dry.blobsRemoved == real.blobsRemoved)
        #expect(dry.manifestsRemoved == real.manifestsRemoved && dry.layersQuarantined == real.layersQuarantined)
        #expect(real.blobsQuarantined + real.blobsRemoved > 0)
    }

    @Test("removes nothing of repositories outside its scope")
    func scope() async throws {
        try await store.pushImage(["lone-a"], to: a)
        let kept = try await store.pushImage(["lone-b"], to: b)
        let summary = try await store.collect(untagged: true, grace: 0) { [a] options in options.scope = { $0 == a } }
        #expect(summary.manifestsRemoved == 1)
        #expect(try await store.hasManifest(kept, in: b))
    }

    @Test("removes abandoned uploads, and none that bytes were added to")
    func uploads() async throws {
        let week: Int64 = 604_800
        let old = try await store.registry.beginUpload(in: a)
        let active = try await store.registry.beginUpload(in: b)
        store.clock.advance(week + 1)
        _ = try await store.registry.append(
            ContentSource(texts: ["bytes"]),
            to: active.id,
            in: b
        )
        let recent = try await store.registry.beginUpload(in: a)
        #expect(try await store.registry.purgeUploads(isDryRun: true) == 1)
        #expect(try await store.registry.purgeUploads() == 1)
        for (id, name) in [(active.id, b), (recent.id, a)] {
            #expect(try await store.registry.uploadStatus(id, in: name).id == id)
        }
        await #expect(throws: RegistryError(.blobUploadUnknown)) {
            try await store.registry.uploadStatus(old.id, in: a)
        }
    }

    @Test("drops the entries of referrers that are gone")
    func referrers() async throws {
        let subject = try await store.pushImage(["subject"], tag: "t", to: a)
        let kept = try await store.pushImage(["kept"], tag: "k", subject: subject, to: a)
        let gone = try await store.pushImage(["gone"], subject: subject, to: a)
        try await store.driver.delete(at: StoreLayout.revisionLink(gone, in: a))
        let summary = try await store.collect(grace: 0)
        #expect(summary.referrersRemoved == 1)
        #expect(try await store.registry.referrers(of: subject, in: a, limit: 10).items.map(\.digest) == [kept])
    }
}

extension ContentSource {
    /// The bytes of texts, one after the other.
    init(texts: [String]) {
        let pieces = Pieces(texts)
        self.init { await pieces.next() }
    }

    private actor Pieces {
        private var texts: ArraySlice<String>

        init(_ texts: [String]) { self.texts = texts[...] }

        func next() -> ByteBuffer? { texts.popFirst().map { ByteBuffer(string: $0) } }
    }
}
