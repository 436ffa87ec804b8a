import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("What was deleted")
struct RestoreTests {
    private let a: RepositoryName
    private let v1: RegistryCore.Tag

    init() throws {
        a = try CollectedStore.name("team/app")
        v1 = try CollectedStore.tag("v1")
    }

    /// Runs a body on memory and on files.
    private func onBoth(_ body: (CollectedStore) async throws -> Void) async throws {
        try await body(CollectedStore())
        try await withScratchFolder { folder in
            let driver = FilesystemDriver(root: folder, threadPool: .singleton)
            try await body(CollectedStore(on: driver, clock: MovedClock()))
        }
    }

    private func target(_ text: String) throws -> RestorationTarget { try #require(RestorationTarget(text)) }

    /// The objects that servers look at.
    private func live(_ store: CollectedStore) async throws -> Set<String> {
        try await store.objects().filter { !$0.hasPrefix("_registryd") }
    }

    @Test(
        "as a tag is gone at once, is listed, keeps its manifest beside a collection, and comes back with its history"
    )
    func tag() async throws {
        try await onBoth { store in
            let old = try await store.pushImage(["old"], tag: "v1", to: a)
            let image = try await store.pushImage(["config", "layer"], tag: "v1", to: a)
            let before = try await live(store)
            try await store.registry.deleteTag(v1, in: a)
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == nil)
            #expect(try await store.registry.tags(in: a).items.isEmpty)
            let listed = try await store.registry.deletions()
            #expect(listed.map(\.names) == [["team/app:v1"]] && listed.first?.deleted == store.clock.now)

            // The images are old now, and the deletion is not.
            try await store.collect(untagged: true)
            #expect(try await store.hasManifest(image, in: a))
            let restored = try await store.registry.restore(target("team/app:v1"))
            #expect(restored?.tags == [v1] && restored?.isComplete == true)
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == image)
            #expect(try await live(store) == before)
            #expect(try await store.registry.deletions().isEmpty)
            #expect(try await store.registry.restore(target("team/app:v1")) == nil)
            #expect(try await store.hasManifest(old, in: a))
            #expect(try await store.registry.verify().verdict == .sound)
        }
    }

    @Test("as a manifest comes back with all tags that pointed to it and its place among the referrers")
    func manifest() async throws {
        try await onBoth { store in
            let subject = try await store.pushImage(["subject"], tag: "s", to: a)
            let image = try await store.pushImage(["config", "layer"], tag: "v1", subject: subject, to: a)
            let content = CollectedStore.image(["config", "layer"], subject: subject)
            _ = try await store.putManifest(content, tag: "v2", to: a)
            let before = try await live(store)
            try await store.registry.deleteManifest(image, in: a)
            #expect(try await !store.hasManifest(image, in: a))
            #expect(try await store.registry.referrers(of: subject, in: a, limit: 5).items.isEmpty)
            let line = try #require(try await store.registry.deletions(in: a).first?.lines.first)
            #expect(line.hasSuffix(" manifest team/app@\(image) v1 v2"))
            await #expect(throws: RegistryError(.manifestUnknown)) {
                try await store.registry.deleteManifest(image, in: a)
            }
            try await store.collect(untagged: true)
            let restored = try await store.registry.restore(target("team/app@\(image)"))
            #expect(restored?.manifests == [image] && restored?.tags.map(\.description).sorted() == ["v1", "v2"])
            #expect(try await live(store) == before)
            #expect(try await store.registry.referrers(of: subject, in: a, limit: 5).items.map(\.digest) == [image])
            #expect(try await store.has(CollectedStore.digest("layer"), in: a))
            #expect(try await store.registry.verify().verdict == .sound)
        }
    }

    @Test("as a blob is part of its repository again, with its bytes")
    func blob() async throws {
        try await onBoth { store in
            let digest = try await store.pushBlob("loose", to: a)
            store.clock.advance(CollectedStore.grace + 2)
            try await store.registry.deleteBlob(digest, in: a)
            #expect(try await !store.has(digest, in: a))
            try await store.collect()
            #expect(try await store.blobs() == [digest])
            let restored = try await store.registry.restore(target("team/app@\(digest)"))
            #expect(restored?.blobs == [digest])
            #expect(try await store.has(digest, in: a))
            #expect(try await store.registry.deletions().isEmpty)
        }
    }

    @Test("twice is listed twice, comes back by its name as it was last, and by its identifier as it was then")
    func twice() async throws {
        try await onBoth { store in
            let first = try await store.pushImage(["first"], tag: "v1", to: a)
            try await store.registry.deleteTag(v1, in: a)
            let second = try await store.pushImage(["second"], tag: "v1", to: a)
            try await store.registry.deleteTag(v1, in: a)
            let listed = try await store.registry.deletions(in: a)
            #expect(listed.count == 2)
            let newest = try await store.registry.restore(target("team/app:v1"))
            #expect(newest?.tags == [v1])
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == second)
            // The tag is there now, so the earlier one does not replace it, and stays what it is.
            let id = try #require(listed.first?.id)
            let kept = try await store.registry.restore(target(id))
            #expect(kept?.kept == [v1] && kept?.tags == [])
            #expect(kept?.lines.first?.contains("pushed again since then") == true)
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == second)
            #expect(try await store.registry.deletions(in: a).map(\.id) == [id])
            try await store.registry.deleteTag(v1, in: a)
            _ = try await store.registry.restore(target(id))
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == first)
        }
    }

    @Test("and pushed again since stays as it was pushed, and says so")
    func pushedSince() async throws {
        try await onBoth { store in
            let old = try await store.pushImage(["old"], tag: "v1", to: a)
            _ = try await store.putManifest(CollectedStore.image(["old"]), tag: "v2", to: a)
            try await store.registry.deleteManifest(old, in: a)
            let new = try await store.pushImage(["new"], tag: "v1", to: a)
            let restored = try #require(try await store.registry.restore(target("team/app@\(old)")))
            #expect(restored.kept == [v1] && restored.manifests == [old])
            #expect(try await store.registry.digest(of: .tag(v1), in: a) == new)
            #expect(try await store.registry.digest(of: .tag(CollectedStore.tag("v2")), in: a) == old)
        }
    }

    @Test("as a tag whose manifest was deleted after it comes back with the manifest")
    func tagThenManifest() async throws {
        try await onBoth { store in
            let image = try await store.pushImage(["config"], tag: "v1", to: a)
            try await store.registry.deleteTag(v1, in: a)
            try await store.registry.deleteManifest(image, in: a)
            let restored = try await store.registry.restore(target("team/app:v1"))
            #expect(restored?.tags == [v1] && restored?.manifests == [image])
            #expect(try await store.registry.manifest(.tag(v1), in: a).digest == image)
            #expect(try await store.registry.deletions().isEmpty)
        }
    }

    @Test("by a retention run is one record of many tags, of which each comes back by its name")
    func manyTags() async throws {
        try await onBoth { store in
            let image = try await store.pushImage(["config"], tag: "v0", to: a)
            let tags = try (0..<20).map { try CollectedStore.tag("v\($0)") }
            for tag in tags { _ = try await store.putManifest(CollectedStore.image(["config"]), tag: "\(tag)", to: a) }
            let removed = try await store.registry.removeTags(tags + [CollectedStore.tag("none")], in: a)
            #expect(removed == tags)
            #expect(try await store.objects(below: "_registryd/deleted").count == 1)
            let listed = try await store.registry.deletions()
            #expect(listed.count == 1 && listed.first?.lines.count == 20)
            _ = try await store.registry.restore(target("team/app:v7"))
            #expect(try await store.registry.tags(in: a).items == [tags[7]])
            #expect(try await store.registry.deletions().first?.names.count == 19)
            try await store.collect(untagged: true)
            let id = try #require(listed.first?.id)
            #expect(try await store.registry.restore(target(id))?.tags.count == 19)
            #expect(try await store.registry.tags(in: a).items.count == 20)
            #expect(try await store.hasManifest(image, in: a))
            #expect(try await store.objects(below: "_registryd/deleted").isEmpty)
        }
    }

    @Test("is not listed where it stayed: a tag that was written down and then not removed")
    func stayed() async throws {
        let store = CollectedStore()
        try await store.pushImage(["config"], tag: "v1", to: a)
        try await store.registry.writeDown([v1], in: a)
        #expect(try await store.registry.deletions().isEmpty)
        try await store.registry.deleteTag(v1, in: a)
        #expect(try await store.registry.deletions().count == 2)
    }

    @Test("can be restored until a collection comes after the grace period, and what only it referred to goes then")
    func expired() async throws {
        try await onBoth { store in
            let image = try await store.pushImage(["config", "layer"], tag: "v1", to: a)
            try await store.pushImage(["kept"], tag: "v2", to: a)
            try await store.registry.deleteManifest(image, in: a)
            store.clock.advance(CollectedStore.grace)
            #expect(try await store.collect(untagged: true).deletionsRemoved == 0)
            #expect(try await store.blobs().count == 5)
            store.clock.advance(2)
            #expect(try await store.collect(untagged: true).deletionsRemoved == 1)
            #expect(try await store.registry.restore(target("team/app@\(image)")) == nil)
            try await store.collectAll()
            #expect(try await store.blobs().count == 2)
            #expect(try await store.objects(below: "_registryd/deleted").isEmpty)
        }
    }

    @Test("goes at once in a collection of a store that nobody uses, as in the replaced server's")
    func withoutGrace() async throws {
        try await onBoth { store in
            let image = try await store.pushImage(["config", "layer"], tag: "v1", to: a)
            try await store.registry.deleteManifest(image, in: a)
            let rehearsed = try await store.collect(grace: 0) { $0.isDryRun = true }
            #expect(rehearsed.blobsRemoved == 3)
            #expect(try await store.registry.deletions().count == 1)
            let summary = try await store.collect(grace: 0)
            #expect(summary.blobsRemoved == 3 && summary.deletionsRemoved == 1)
            #expect(try await store.blobs().isEmpty)
            #expect(try await store.registry.deletions().isEmpty)
        }
    }

    @Test("keeps children and subjects that no tag leads to any more")
    func children() async throws {
        try await onBoth { store in
            let child = try await store.pushImage(["child"], to: a)
            let content = CollectedStore.index([(child, CollectedStore.image(["child"]).readableBytes)])
            let index = try await store.putManifest(content, tag: "v1", to: a)
            store.clock.advance(CollectedStore.grace + 2)
            try await store.registry.deleteManifest(index, in: a)
            try await store.collect(untagged: true)
            store.clock.advance(CollectedStore.grace - 1)
            #expect(try await store.collect(untagged: true).manifestsQuarantined == 0)
            let restored = try await store.registry.restore(target("team/app:v1"))
            #expect(restored?.isComplete == true)
            #expect(try await store.registry.verify().verdict == .sound)
            #expect(try await store.has(CollectedStore.digest("child"), in: a))
        }
    }

    @Test("whose content is gone is not restored, and what a manifest lacks is named")
    func incomplete() async throws {
        let store = CollectedStore()
        let image = try await store.pushImage(["config", "layer"], tag: "v1", to: a)
        try await store.registry.deleteManifest(image, in: a)
        try await store.registry.deleteBlob(CollectedStore.digest("layer"), in: a)
        let restored = try #require(try await store.registry.restore(target("team/app@\(image)")))
        #expect(restored.missing == [CollectedStore.digest("layer")] && !restored.isComplete)
        #expect(restored.tags == [v1])
        _ = try await store.registry.restore(target("team/app@\(CollectedStore.digest("layer"))"))
        #expect(try await store.registry.verify().verdict == .sound)

        try await store.registry.deleteManifest(image, in: a)
        try await store.driver.delete(at: StoreLayout.blobData(image))
        let nothing = try #require(try await store.registry.restore(target("team/app:v1")))
        #expect(nothing.gone == [image] && nothing.tags.isEmpty)
        #expect(try await store.registry.digest(of: .tag(v1), in: a) == nil)
        #expect(try await store.registry.deletions().count == 1)
    }

    @Test("as a whole repository comes back by its name too")
    func repository() async throws {
        try await onBoth { store in
            let image = try await store.pushImage(["config"], tag: "v1", to: a)
            let deleted = try await store.registry.deleteRepository(a)
            #expect(try await store.registry.deletions().map(\.id) == [deleted.id])
            #expect(try await store.registry.restore(target("team/app"))?.isWhole == true)
            #expect(try await store.registry.manifest(.tag(v1), in: a).digest == image)
            #expect(try await store.registry.restore(target("team/app")) == nil)
        }
    }

    @Test("on a full disk goes all the same, and can't be restored")
    func fullDisk() async throws {
        let faulty = FaultyDriver(MemoryDriver())
        let store = CollectedStore(on: faulty, clock: MovedClock())
        try await store.pushImage(["config"], tag: "v1", to: a)
        faulty.inject(.init(.put, .fail(.noSpace)))
        try await store.registry.deleteTag(v1, in: a)
        faulty.heal()
        #expect(try await store.registry.tags(in: a).items.isEmpty)
        #expect(try await store.registry.deletions().isEmpty)
    }

    @Test("is not restored in read-only mode, nor by a text that is no name")
    func refused() async throws {
        var options = Registry.Options()
        options.isReadOnly = true
        let store = CollectedStore()
        await #expect(throws: RegistryError(.unsupported)) {
            try await store.registry.with(options: options).restore(target("team/app"))
        }
        for text in ["", "A", "a:", ":a", "a@b", "a:b c", "../a"] { #expect(RestorationTarget(text) == nil) }
    }

    @Test("is read from a record as it was written, and what is no record is told")
    func records() async throws {
        let digest = CollectedStore.digest("x")
        var record = DeletionRecord(DeletionID(WallTime(seconds: 1_700_000_000), number: 3), in: a)
        record.tags = [.init(tag: v1, digest: digest, history: [digest, CollectedStore.digest("y")])]
        record.revisions = [.init(name: digest, target: digest)]
        record.modified = 17
        record.referrers = [.init(digest: digest, subject: CollectedStore.digest("z"))]
        record.isBeingRestored = true
        record.layers = [.init(name: digest, target: digest)]
        #expect(DeletionRecord(String(buffer: record.content), record.id, in: a) == record)
        #expect(DeletionID(record.id.description) == record.id)
        for text in ["", "x-y-z", "\(record.id)0", record.id.description.replacing("-", with: "+")] {
            #expect(DeletionID(text) == nil)
        }
        let store = CollectedStore()
        let path = DeletionRecords.folder("team/app").appending(record.id.description)
        try await store.driver.put(ByteBuffer(string: "nonsense"), at: path)
        await #expect(throws: CollectionError.self) { try await store.collect() }
    }
}
