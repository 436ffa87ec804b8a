import NIOCore
import RegistryCore
import RegistryStorage
import Testing

@Suite("A repository that many use at once")
struct ConcurrentUseTests {
    @Test("pushes, pulls, mounts, deletions and moving tags never show a half of anything")
    func storm() async throws {
        let content = try PushedContent()
        let registry = content.registry(on: MemoryDriver())
        try await content.pushBlob(to: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for round in 0..<150 {
                        do {
                            try await step(worker + round, content, registry)
                        } catch let error as RegistryError
                            where [.manifestUnknown, .nameUnknown].contains(error.code)
                        {
                            // Another one was faster with a deletion, maybe of the repository's last manifest.
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await content.expectWhole(registry, "when all is done")
        try await content.pushManifest(1, to: registry)
        #expect(try await content.manifest(.tag(content.tag), of: registry) == content.digest(1))
    }

    private func step(_ number: Int, _ content: PushedContent, _ registry: Registry) async throws {
        switch number % 8 {
        case 0, 1:
            // Acknowledged, and moved or deleted by others since: it may be gone but not broken.
            try await content.pushManifest(number % 2 + 1, to: registry)
            _ = try await content.manifest(.tag(content.tag), of: registry)
        case 2:
            try await content.pushBlob(to: registry)
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob)
        case 3:
            let isMounted = try await registry.mount(content.blobDigest, from: nil, into: content.other) { _ in true }
            #expect(isMounted)
            #expect(try await content.blob(in: content.other, of: registry) == content.blob)
        case 4: try await registry.deleteTag(content.tag, in: content.repository)
        case 5: try await registry.deleteManifest(content.digest(1), in: content.repository)
        case 6: try await registry.deleteManifest(content.digest(2), in: content.repository)
        default:
            #expect(try await content.blob(in: content.repository, of: registry) == content.blob)
            _ = try await registry.tags(in: content.repository)
            _ = try await registry.referrers(of: content.digest(1), in: content.repository, limit: .max)
        }
    }
}
