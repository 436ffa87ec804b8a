import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("What a tag remembers, in a collection")
struct TagHistoryTests {
    private let store = CollectedStore()
    private let a: RepositoryName
    private let tag: RegistryCore.Tag

    init() throws {
        a = try CollectedStore.name("team/app")
        tag = try CollectedStore.tag("v1")
    }

    private func history() async throws -> Set<Digest> {
        let folder = "repositories/team/app/_manifests/tags/v1/index/sha256"
        return Set(
            try await store.objects(below: folder).compactMap { Digest("sha256:\($0.split(separator: "/")[8])") }
        )
    }

    @Test("stays while its manifests are there or can come back, and goes when they are gone for good")
    func goes() async throws {
        let first = try await store.pushImage(["first"], tag: "v1", to: a)
        let second = try await store.pushImage(["second"], tag: "v1", to: a)
        let third = try await store.pushImage(["third"], tag: "v1", to: a)
        #expect(try await history() == [first, second, third])
        try await store.registry.deleteManifest(first, in: a)
        try await store.collect()
        #expect(try await history() == [first, second, third], "the deletion can be undone")
        // The second is untagged: it is taken away first, and may come back until it is removed.
        store.clock.advance(CollectedStore.grace + 2)
        #expect(try await store.collect(untagged: true).manifestsQuarantined == 1)
        #expect(try await history() == [first, second, third])
        try await store.collectAll(untagged: true)
        #expect(try await history() == [third])
        #expect(try await store.registry.manifest(.tag(tag), in: a).digest == third)
    }

    @Test("stays where the tag points to it, though it is not there")
    func dangling() async throws {
        let image = try await store.pushImage(["x"], tag: "v1", to: a)
        try await store.driver.delete(at: StoreLayout.revisionLink(image, in: a))
        try await store.collectAll()
        #expect(try await history() == [image])
    }

    @Test("of a manifest that is pushed again right then is there afterwards")
    func pushedMeanwhile() async throws {
        for call in 0..<40 {
            let clock = MovedClock()
            let faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
            let store = CollectedStore(on: faulty, clock: clock)
            let image = try await store.pushImage(["x"], tag: "v1", to: a)
            try await store.pushImage(["y"], tag: "v1", to: a)
            try await faulty.delete(at: StoreLayout.revisionLink(image, in: a))
            let link = StoreLayout.tagIndexLink(image, of: tag, in: a)
            let (registry, a) = (store.registry, a)
            faulty.inject(
                .init(
                    nil,
                    .run {
                        let content = CollectedStore.image(["x"])
                        _ = try? await registry.putManifest(
                            content,
                            declared: nil,
                            as: .tag(tag),
                            in: a
                        )
                    },
                    pathSuffix: "\(image.hex)/link",
                    skipping: call,
                    times: 1
                )
            )
            let before = faulty.calls(of: .put)
            try await store.collect()
            faulty.heal()
            guard faulty.calls(of: .put) - before > 3, try await store.hasManifest(image, in: a) else {
                #expect(call > 2)
                return
            }
            #expect(try await faulty.exists(at: link), "call \(call)")
            #expect(try await registry.manifest(.tag(tag), in: a).digest == image)
        }
    }
}
