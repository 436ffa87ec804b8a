import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("How often a deletion makes the disk write")
struct DeletionCostTests {
    private let content: PushedContent

    init() throws { content = try PushedContent() }

    /// Counts what a deletion synchronises in a repository from which something was deleted before.
    private func counting(
        _ delete: (Registry) async throws -> Void
    ) async throws -> (files: Int, folders: Int) {
        try await withTemporaryFolder { root in
            let calls = FaultySystemCalls(synchronizes: false)
            let registry = content.registry(on: FilesystemDriver(root: root, threadPool: .singleton, calls: calls))
            try await content.pushBlob(to: registry)
            try await content.pushManifest(1, to: registry)
            try await registry.deleteTag(content.tag, in: content.repository)
            try await content.pushManifest(2, to: registry)
            let before = (calls.calls(of: .synchronizeFile), calls.calls(of: .synchronizeFolder))
            try await delete(registry)
            return (
                calls.calls(of: .synchronizeFile) - before.0, calls.calls(of: .synchronizeFolder) - before.1
            )
        }
    }

    // One file and one folder are those of the record, by which it can be undone; the others are the deletion's own.
    @Test("a deletion of a blob, a tag or a manifest writes one small file")
    func record() async throws {
        let blob = try await counting { try await $0.deleteBlob(content.blobDigest, in: content.repository) }
        #expect(blob == (1, 2))
        let tag = try await counting { try await $0.deleteTag(content.tag, in: content.repository) }
        #expect(tag == (1, 3))
        let manifest = try await counting { try await $0.deleteManifest(content.digest(2), in: content.repository) }
        #expect(manifest == (1, 4))
    }
}
