import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Stored bytes are not trusted because they exist")
struct UntrustedBlobTests {
    private let store: Store

    init() throws { store = try Store() }

    private func blob() async throws -> ByteBuffer {
        try await store.registry.blob(Store.digest(store.layer), in: store.repository).object.read(
            at: 0,
            count: 1 << 20
        )
    }

    @Test(
        "a push of a blob that lies there broken repairs it",
        arguments: ["", "a lay", String(repeating: "x", count: 8000)]
    )
    func pushRepairs(found: String) async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), found)
        try await store.push(store.layer)
        #expect(try await blob() == store.layer)
        #expect(try await store.verify().verdict == .sound)
    }

    @Test("a push by a sha512 digest repairs the blob under its canonical digest too")
    func pushByOtherDigest() async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), "a lay")
        let upload = try await store.registry.beginUpload(in: store.repository)
        _ = try await store.registry.append(ContentSource.of(store.layer), to: upload.id, in: store.repository)
        let other = ContentHasher.digest(of: store.layer, algorithm: .sha512)
        try await store.registry.finishUpload(upload.id, expecting: other, in: store.repository)
        #expect(try await blob() == store.layer)
        #expect(try await store.verify().verdict == .sound)
    }

    @Test("a blob without bytes is unknown, save for the one that has none; so a client pushes it again")
    func emptyBlob() async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), "")
        for method in ["HEAD", "GET"] {
            await #expect(throws: RegistryError(.blobUnknown)) {
                try await store.registry.blob(Store.digest(store.layer), in: store.repository, method: method)
            }
        }
        let other = try #require(RepositoryName("other"))
        let layer = Store.digest(store.layer)
        #expect(try await store.registry.mount(layer, from: store.repository, into: other) { _ in true } == false)
        let empty = ByteBuffer()
        try await store.push(empty)
        #expect(try await store.registry.blob(Store.digest(empty), in: store.repository).object.size == 0)
    }

    @Test(
        "a manifest whose blob has another size than it says, and another content, is refused until it is pushed again"
    )
    func sizeMismatch() async throws {
        try await store.pushBlobs()
        try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), "a lay")
        // The client asked, was told that the layer is there, and left it out.
        await #expect(throws: RegistryError(.manifestBlobUnknown)) { try await store.pushManifest(store.manifest(1)) }
        await #expect(throws: RegistryError(.blobUnknown)) { try await blob() }
        try await store.push(store.layer)
        try await store.pushManifest(store.manifest(1))
        #expect(try await blob() == store.layer)
    }

    @Test("a manifest that is wrong about a size is accepted, as the replaced server does, and the blob stays")
    func wrongSize() async throws {
        try await store.pushBlobs()
        let text = String(buffer: store.manifest(1)).replacing("\"size\":8000", with: "\"size\":7")
        try await store.pushManifest(ByteBuffer(string: text))
        #expect(try await blob() == store.layer)
        #expect(store.driver.calls(of: .read) > 0, "only now the bytes were read")
    }

    @Test("a manifest's blobs are not read when their sizes are right")
    func rightSize() async throws {
        try await store.pushBlobs()
        try await store.pushManifest(store.manifest(1))
        #expect(store.driver.calls(of: .read) == 0 && store.driver.calls(of: .open) == 0)
    }

    @Test("a blob that can't be read is an error and stays where it is")
    func unreadable() async throws {
        try await store.pushBlobs()
        let path = StoreLayout.blobData(Store.digest(store.layer))
        try await store.overwrite(path, "a lay")
        store.driver.inject(.init(.read, .fail(.failed)))
        await #expect(throws: StorageError(.failed, at: path)) { try await store.pushManifest(store.manifest(1)) }
        store.driver.heal()
        #expect(try await store.text(path) == "a lay")
    }

    @Test("a manifest whose bytes changed is unknown, and a push of it repairs it", arguments: ["", "{}", "{\"a"])
    func changedManifest(found: String) async throws {
        try await store.pushBlobs()
        let digest = try await store.pushManifest(store.manifest(1))
        try await store.overwrite(StoreLayout.blobData(digest), found)
        for reference in [Reference.digest(digest), .tag(store.tag)] {
            await #expect(throws: RegistryError(.manifestUnknown)) {
                try await store.registry.manifest(reference, in: store.repository)
            }
        }
        try await store.pushManifest(store.manifest(1))
        let stored = try await store.registry.manifest(.tag(store.tag), in: store.repository)
        #expect(stored.content == store.manifest(1))
    }
}
