import Testing

@testable import RegistryConfiguration

@Suite("What changed between two readings of a configuration")
struct ChangeTests {
    static let base = "version: 0.1\nstorage: {filesystem: {rootdirectory: /a}}\nhttp:\n  addr: :5000\n"

    static let changes: [(text: String, keys: [String])] = [
        (base, []),
        ("# a comment\n" + base, []),
        (base + "log: {level: info}\n", []),
        (base + "log: {level: debug}\n", ["log.level"]),
    ]

    @Test("values count, not where and how they were written", arguments: changes)
    func changed(text: String, keys: [String]) throws {
        #expect(try load(text).keys(changedFrom: load(Self.base)) == keys)
        #expect(try load(Self.base).keys(changedFrom: load(text)) == keys)
    }

    @Test("a variable changes what it overrides")
    func environment() throws {
        let variables = [
            "REGISTRY_STORAGE_DELETE_ENABLED": "true", "REGISTRY_HTTP_HEADERS": "{X-A: [b]}",
            "REGISTRY_VALIDATION_MANIFESTS_URLS_ALLOW": "[a]",
        ]
        #expect(
            try load(Self.base, variables).keys(changedFrom: load(Self.base)) == [
                "http.headers.X-A", "http.headers.X-A[0]", "storage.delete.enabled",
                "validation.manifests.urls.allow", "validation.manifests.urls.allow[0]",
            ]
        )
    }
}
