import RegistryAuth
import RegistryCore
import Testing

@Suite("Credentials that held")
struct VerifiedCacheTests {
    private func key(_ number: UInt8) -> Digest { HMACSHA256(key: []).digest(of: [number]) }

    @Test("a value is kept until its end, and no more are kept than the bound allows: who ends first goes first")
    func bounded() {
        var cache = VerifiedCache<String, Int>(limit: 2)
        cache.insert(key(1), "a", until: 10, at: 0)
        cache.insert(key(2), "b", until: 20, at: 0)
        #expect(cache.value(for: key(1), at: 9) == "a")
        #expect(cache.value(for: key(1), at: 10) == nil)
        cache.insert(key(3), "c", until: 30, at: 0)
        #expect(cache.count == 2)
        #expect(cache.value(for: key(1), at: 0) == nil)
        #expect(cache.value(for: key(2), at: 0) == "b")
        cache.insert(key(4), "d", until: 40, at: 35)
        #expect(cache.count == 1)
        cache.insert(key(5), "e", until: 5, at: 5)
        #expect(cache.value(for: key(5), at: 4) == nil)
        var none = VerifiedCache<String, Int>(limit: 0)
        none.insert(key(1), "a", until: 10, at: 0)
        #expect(none.count == 0)
    }
}

@Suite("A user's stamp")
struct CredentialStampTests {
    @Test("it stays while the user's line does, and tells nothing of the hash")
    func stamp() async throws {
        let files = try PasswordFolder()
        try files.write(HtpasswdControllerTests.alice, HtpasswdControllerTests.bob)
        let controller = try await files.controller()
        let stamp = try #require(await controller.credentialStamp(of: "alice"))
        #expect(await controller.credentialStamp(of: "alice") == stamp)
        #expect(await controller.credentialStamp(of: "bob") != stamp)
        #expect(await controller.credentialStamp(of: "eve") == nil)
        #expect(!HtpasswdControllerTests.alice.contains(stamp))
        try files.write(HtpasswdControllerTests.alice.replacing("H6uJ5b", with: "H6uJ5c"))
        files.advance(.seconds(2))
        let changed = try #require(await controller.credentialStamp(of: "alice"))
        #expect(changed != stamp)
        #expect(await controller.credentialStamp(of: "bob") == nil)
    }
}
