import NIOCore
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

/// What it costs the store to serve a manifest.
struct ManifestReadTests {
    @Test("a manifest is served by reading its file once and, for a tag, the tag's link; nothing else is read")
    func readsLittle() async throws {
        let driver = FaultyDriver(MemoryDriver())
        let registry = Registry(driver: driver)
        let name = try #require(RepositoryName("a/b"))
        let tag = Reference.tag(try #require(Tag("latest")))
        let content = ByteBuffer(string: #"{"schemaVersion":2,"manifests":[]}"#)
        let accepted = try await registry.putManifest(content, declared: .ociIndex, as: tag, in: name)

        let before = driver.calls(of: .content)
        #expect(try await registry.manifest(tag, in: name).content == content)
        #expect(driver.calls(of: .content) == before + 2)
        #expect(try await registry.manifest(.digest(accepted.digest), in: name).content == content)
        // What a digest names never changes, so it is not read again; whether the repository has it is looked for.
        #expect(driver.calls(of: .content) == before + 2)
        #expect(driver.calls(of: .open) == 0)
        #expect(driver.calls(of: .list) == 0)
    }
}
