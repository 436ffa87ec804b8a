import CustomStore
import RegistryTesting
import Testing

@Suite("the dictionary driver")
struct DictionaryDriverTests {
    @Test("keeps the contract", arguments: StorageConformance.checks)
    func conforms(check: StorageConformance.Check) async throws {
        try await check.run(on: DictionaryDriver())
    }

    @Test("carries a registry that takes a blob and gives it back")
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
