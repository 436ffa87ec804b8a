import RegistryCore
import RegistryTesting
import Testing

@Suite("Quotas over HTTP")
struct QuotaTests {
    private func setup(bytes: Int64? = nil, blob: Int64? = nil) throws -> TestRegistry.Setup {
        var setup = TestRegistry.Setup()
        let pattern = try #require(RepositoryPattern("team/**"))
        setup.registry.quotas = [
            QuotaRule(name: "team", repositories: [pattern], bytes: bytes, maximumBlob: blob)
        ]
        return setup
    }

    private func text(_ length: Int, _ letter: Character = "x") -> String { String(repeating: letter, count: length) }

    private func expectRule(_ answer: TestResponse, _ status: Int) throws {
        try expectRefusal(answer, status, "DENIED")
        let message = try answer.json["errors"]?.array?.first?.object?["message"]?.string
        #expect(message?.contains("the quota 'team' (registryd.policy.quotas)") == true, "\(message ?? "")")
    }

    /// The ways to send a blob, each to the answer that refuses it.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case whole, put, patch, chunked, chunkedPut
        var testDescription: String { rawValue }

        func send(_ text: String, to repository: String, on registry: TestRegistry) async throws -> TestResponse {
            let digest = RegistryHTTPTests.digest(of: text)
            if self == .whole {
                let target = "/v2/\(repository)/blobs/uploads/?digest=\(digest)"
                return try await registry.client.request("POST", target, body: text)
            }
            let begun = try await registry.client.request("POST", "/v2/\(repository)/blobs/uploads/")
            guard begun.status == 202 else { return begun }
            let target = try begun.locationTarget
            let bytes = Array(text.utf8)
            let half = bytes.count / 2
            let pieces = HTTPTestClient.Body.chunks([Array(bytes[..<half]), Array(bytes[half...])])
            switch self {
            case .whole, .put:
                return try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: text)
            case .chunkedPut:
                return try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: pieces)
            case .patch, .chunked:
                let body = self == .patch ? HTTPTestClient.Body.bytes(bytes) : pieces
                let patched = try await registry.client.request("PATCH", target, body: body)
                guard patched.status == 202 else {
                    // The upload is ended.
                    let after = try await registry.client.request("GET", target)
                    try expectRefusal(after, 404, "BLOB_UPLOAD_UNKNOWN")
                    return patched
                }
                return try await registry.client.request("PUT", "\(try patched.locationTarget)&digest=\(digest)")
            }
        }
    }

    @Test("a blob may be as long as the rule says and no longer, whichever way it is sent", arguments: Way.allCases)
    func blob(way: Way) async throws {
        try await TestRegistry.run(try setup(blob: 70_000)) { registry in
            #expect(try await way.send(text(70_000), to: "team/app", on: registry).status == 201)
            try expectRule(try await way.send(text(70_001), to: "team/app", on: registry), 413)
            #expect(try await way.send(text(70_001), to: "other", on: registry).status == 201)
            // The connection, or a new one, serves on.
            #expect(try await registry.send("GET", "/v2/").status == 200)
        }
    }

    @Test("what doesn't fit beside what is there is refused, whichever way it is sent", arguments: Way.allCases)
    func budget(way: Way) async throws {
        try await TestRegistry.run(try setup(bytes: 100_000)) { registry in
            #expect(try await way.send(text(60_000, "a"), to: "team/a", on: registry).status == 201)
            try expectRule(try await way.send(text(60_000, "b"), to: "team/b", on: registry), 403)
            #expect(try await way.send(text(40_000, "c"), to: "team/b", on: registry).status == 201)
            // It is full now, and says so at the start. A blob that is there can be mounted.
            try expectRule(try await registry.send("POST", "/v2/team/c/blobs/uploads/"), 403)
            let known = digest(of: text(60_000, "a"))
            let mount = try await registry.send("POST", "/v2/team/c/blobs/uploads/?mount=\(known)&from=team/a")
            #expect(mount.status == 201)
            // A deletion makes room.
            #expect(
                try await registry.send("DELETE", "/v2/team/b/blobs/\(digest(of: text(40_000, "c")))").status == 202
            )
            #expect(try await way.send(text(30_000, "d"), to: "team/b", on: registry).status == 201)
        }
    }

    @Test("a manifest that doesn't fit is refused, and so is a mount")
    func others() async throws {
        try await TestRegistry.run(try setup(bytes: 300)) { registry in
            try await registry.pushBlob("config", to: "team/app")
            let image = Sample.image(text(300))
            let answer = try await registry.client.request(
                "PUT",
                "/v2/team/app/manifests/1",
                headers: ["Content-Type": image.type],
                body: image.text
            )
            try expectRule(answer, 403)
            let large = try await registry.pushBlob(text(300), to: "other")
            let mount = try await registry.send("POST", "/v2/team/app/blobs/uploads/?mount=\(large)&from=other")
            try expectRule(mount, 403)
        }
    }
}
