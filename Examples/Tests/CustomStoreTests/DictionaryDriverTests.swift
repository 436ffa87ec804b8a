import CustomStore
import NIOCore
import RegistryCore
import RegistryTesting
import Synchronization
import Testing

@Suite("the dictionary driver")
struct DictionaryDriverTests {
    @Test("keeps the contract", arguments: StorageConformance.checks)
    func conforms(check: StorageConformance.Check) async throws {
        try await check.run(on: DictionaryDriver())
    }

    @Test("carries a registry that takes a blob and gives it back, without HTTP")
    func carriesTheUseCases() async throws {
        let registry = Registry(driver: DictionaryDriver())
        let name = try RepositoryName(parsing: "library/greeting")
        let content = ByteBuffer(string: "hello")
        let digest = ContentHasher.digest(of: content)

        let upload = try await registry.beginUpload(in: name)
        let pieces = Mutex([content])
        let source = ContentSource { pieces.withLock { $0.popLast() } }
        try await registry.finishUpload(upload.id, appending: source, expecting: digest, in: name)

        let blob = try await registry.blob(digest, in: name)
        let read = try await blob.object.read(at: 0, count: 100)
        #expect(read == content)
    }

    @Test("carries a registry that takes a blob and gives it back, over HTTP")
    func carriesARegistry() async throws {
        var setup = TestRegistry.Setup()
        setup.driver = DictionaryDriver()
        try await TestRegistry.run(setup) { registry in
            let digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            let pushed = try await registry.client.request(
                "POST",
                "/v2/greeting/blobs/uploads/?digest=\(digest)",
                body: "hello"
            )
            #expect(pushed.status == 201)
            let pulled = try await registry.client.request("GET", "/v2/greeting/blobs/\(digest)")
            #expect(pulled.status == 200)
            #expect(pulled.text == "hello")
        }
    }
}
