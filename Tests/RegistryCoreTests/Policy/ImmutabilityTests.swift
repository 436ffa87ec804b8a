import NIOCore
import RegistryStorage
import Testing

@testable import RegistryCore

@Suite("Immutable tags")
struct ImmutabilityTests {
    @Test(
        "a rule holds the tags that it names in the repositories that it names, but for its exceptions",
        arguments: [
            ("team/**", "v*", "team/app", "v1", true), ("team/**", "v*", "other/app", "v1", false),
            ("team/**", "v*", "team/app", "latest", false), ("team/**", "v*", "team/app", "v1-rc1", false),
            ("*", "*", "a/b/c", "latest", true), ("*", "*", "a", "2-rc", false),
        ]
    )
    func decision(_ repositories: String, _ tags: String, _ name: String, _ tag: String, _ holds: Bool) throws {
        let rule = try ImmutabilityRule.of("r", repositories, tags, except: "*-rc*")
        let (tag, name) = (try CollectedStore.tag(tag), try CollectedStore.name(name))
        #expect(rule.holds(tag, in: name) == holds)
        #expect([rule].rule(holding: tag, in: name)?.name == (holds ? "r" : nil))
        #expect([ImmutabilityRule]().rule(holding: tag, in: name) == nil)
    }

    private func store(_ driver: any StorageDriver = MemoryDriver()) throws -> RuledRegistry {
        let rules = [try ImmutabilityRule.of("releases", "team/**", "v*", except: "*-rc*")]
        return RuledRegistry(on: driver) { $0.immutability = rules }
    }

    @Test("the first of two pushes to a tag at once wins, in one process and in two, whoever comes when")
    func race() async throws {
        for round in 0..<20 {
            let driver = MemoryDriver()
            let replicas = [try store(driver), try store(driver)]
            try await replicas[0].pushBlob("configuration", to: "team/app")
            let winners = try await withThrowingTaskGroup(of: Digest?.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        var pushed: Digest?
                        let error = try await refusal {
                            pushed = try await replicas[number % 2].putImage(
                                "\(number)",
                                as: "v\(round)",
                                to: "team/app"
                            )
                        }
                        if let error { #expect(error.code == .denied && error.status == 403) }
                        return pushed
                    }
                }
                return try await group.reduce(into: [Digest]()) { if let digest = $1 { $0.append(digest) } }
            }
            #expect(winners.count == 1)
            #expect(try await replicas[1].target(of: "v\(round)", in: "team/app") == winners.first)
        }
    }

    @Test("all that the image of an immutable tag needs can't be deleted: manifests, children of an index, blobs")
    func needed() async throws {
        let store = try store()
        let name = try CollectedStore.name("team/app")
        let blob = try await store.pushBlob("configuration", to: "team/app")
        let stray = try await store.pushBlob("stray", to: "team/app")
        let child = try await store.putImage("child", to: "team/app")
        let size = CollectedStore.image(["configuration"], note: "child").readableBytes
        let index = CollectedStore.index([(child, size)])
        let accepted = try await store.registry.putManifest(
            index,
            declared: nil,
            as: .tag(try CollectedStore.tag("v1")),
            in: name
        )
        for digest in [child, accepted.digest] {
            let error = try await refusal { try await store.registry.deleteManifest(digest, in: name) }
            #expect(error?.code == .denied)
            #expect(error?.message.contains("belongs to tag v1 of team/app") == true)
        }
        #expect(try await refusal { try await store.delete(blob, from: "team/app") }?.code == .denied)
        try await store.delete(stray, from: "team/app")
        // Without the rule all of it goes.
        let free = store.with { $0.immutability = [] }
        try await free.registry.deleteManifest(accepted.digest, in: name)
        try await free.registry.deleteManifest(child, in: name)
        try await free.delete(blob, from: "team/app")
    }

    @Test("a tag whose manifest is gone, as the replaced server leaves it, can be pushed and deleted")
    func dangling() async throws {
        let store = try store()
        let name = try CollectedStore.name("team/app")
        try await store.pushBlob("configuration", to: "team/app")
        for round in ["push", "delete"] {
            let old = try await store.putImage("old \(round)", as: "v-\(round)", to: "team/app")
            try await store.registry.driver.delete(at: StoreLayout.revisionLink(old, in: name))
        }
        let new = try await store.putImage("new", as: "v-push", to: "team/app")
        #expect(try await store.target(of: "v-push", in: "team/app") == new)
        try await store.registry.deleteTag(try CollectedStore.tag("v-delete"), in: name)
        #expect(try await store.target(of: "v-delete", in: "team/app") == nil)
    }

    @Test("a refused push leaves nothing behind: neither the manifest, nor any of its other tags")
    func nothingLeft() async throws {
        let store = try store()
        let name = try CollectedStore.name("team/app")
        try await store.pushBlob("configuration", to: "team/app")
        let first = try await store.putImage("first", as: "v1", to: "team/app")
        #expect(
            try await refusal { try await store.putImage("second", as: "new", "v1", to: "team/app") }?.code == .denied
        )
        #expect(try await store.target(of: "new", in: "team/app") == nil)
        #expect(try await store.target(of: "v1", in: "team/app") == first)
        let second = ContentHasher.digest(of: CollectedStore.image(["configuration"], note: "second"))
        #expect(try await store.registry.storedDigest(ofRevision: second, in: name) == nil)
    }
}
