import RegistryAuth
import RegistryCore
import RegistryTesting
import Testing

@Suite("Mounts")
struct MountTests {
    @Test("a blob of another repository is mounted without being sent", arguments: [DigestAlgorithm.sha256, .sha512])
    func mount(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob("content", to: "source", as: algorithm)
            let answer = try await registry.send("POST", "/v2/target/blobs/uploads/?mount=\(digest)&from=source")
            #expect(answer.status == 201)
            #expect(try answer.locationTarget == "/v2/target/blobs/\(digest)")
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(answer.headers["Content-Length"] == "0")
            #expect(try await registry.send("GET", "/v2/target/blobs/\(digest)").text == "content")
        }
    }

    @Test("a blob that was seen is mounted from wherever it is, when no source is named")
    func anonymous() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob("content", to: "source")
            let answer = try await registry.send("POST", "/v2/target/blobs/uploads/?mount=\(digest)")
            #expect(answer.status == 201)
            #expect(try await registry.send("GET", "/v2/target/blobs/\(digest)").text == "content")
        }
    }

    @Test("a blob that the repository has already is mounted from itself")
    func itself() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob("content", to: "a")
            #expect(try await registry.send("POST", "/v2/a/blobs/uploads/?mount=\(digest)").status == 201)
        }
    }

    @Test("a mount that can't be begins an upload instead")
    func fallback() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob("content", to: "source")
            let absent = RegistryHTTPTests.digest(of: "absent")
            for query in [
                "mount=\(absent)&from=source", "mount=\(digest)&from=other", "mount=\(absent)", "from=source",
            ] {
                let answer = try await registry.send("POST", "/v2/target/blobs/uploads/?\(query)")
                #expect(answer.status == 202)
                #expect(try answer.locationTarget.hasPrefix("/v2/target/blobs/uploads/"))
            }
        }
    }

    @Test("a blob that was deleted from its source is not mounted from there")
    func deletedSource() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob("content", to: "source")
            #expect(try await registry.send("DELETE", "/v2/source/blobs/\(digest)").status == 202)
            #expect(try await registry.send("POST", "/v2/b/blobs/uploads/?mount=\(digest)&from=source").status == 202)
            #expect(try await registry.send("POST", "/v2/b/blobs/uploads/?mount=\(digest)").status == 202)
        }
    }

    @Test("a mount of what is no digest, or from what is no name, is refused")
    func malformed() async throws {
        try await TestRegistry.run { registry in
            try expectRefusal(
                try await registry.send("POST", "/v2/a/blobs/uploads/?mount=sha256:x&from=b"),
                400,
                "DIGEST_INVALID"
            )
            try expectRefusal(
                try await registry.send("POST", "/v2/a/blobs/uploads/?mount=\(digest(of: "x"))&from=../b"),
                400,
                "NAME_INVALID"
            )
        }
    }

    @Test("nobody mounts what he may not pull, whether he names the source or not")
    func denied() async throws {
        var setup = TestRegistry.Setup()
        setup.access = AllBut(secret: "secret", refusing: .denied("not for you"))
        try await TestRegistry.run(setup) { registry in
            let digest = try await pushSecret(on: registry)
            for query in ["mount=\(digest)&from=secret", "mount=\(digest)"] {
                let answer = try await registry.send("POST", "/v2/target/blobs/uploads/?\(query)")
                #expect(answer.status == 202)
            }
            try expectRefusal(try await registry.send("GET", "/v2/target/blobs/\(digest)"), 404, "BLOB_UNKNOWN")
            let known = try await registry.client.request(
                "POST",
                "/v2/target/blobs/uploads/?mount=\(digest)&from=secret",
                headers: ["Authorization": "Basic b3duZXI6"]
            )
            #expect(known.status == 201)
        }
    }

    @Test("a caller who must log in to read the source is asked to, and an anonymous mount never asks")
    func challenged() async throws {
        var setup = TestRegistry.Setup()
        setup.access = AllBut(secret: "secret", refusing: .challenged([#"Basic realm="test""#]))
        try await TestRegistry.run(setup) { registry in
            let digest = try await pushSecret(on: registry)
            let named = try await registry.send("POST", "/v2/target/blobs/uploads/?mount=\(digest)&from=secret")
            try expectRefusal(named, 401, "UNAUTHORIZED")
            #expect(named.headers["WWW-Authenticate"] == #"Basic realm="test""#)
            #expect(try await registry.send("POST", "/v2/target/blobs/uploads/?mount=\(digest)").status == 202)
        }
    }

    @Test("who may not do what a request needs is told so, and an invalid digest tells him nothing more")
    func access() async throws {
        var setup = TestRegistry.Setup()
        setup.access = AllBut(secret: "secret", refusing: .denied("not for you"))
        try await TestRegistry.run(setup) { registry in
            for (method, path) in [
                ("GET", "tags/list"), ("GET", "manifests/x"), ("PUT", "manifests/x"), ("DELETE", "manifests/x"),
                ("GET", "blobs/sha256:x"), ("POST", "blobs/uploads/"), ("GET", "referrers/sha256:x"),
            ] {
                try expectRefusal(try await registry.send(method, "/v2/secret/\(path)"), 403, "DENIED")
            }
            #expect(try await registry.send("GET", "/v2/").status == 200)
        }
    }

    private func pushSecret(on registry: TestRegistry) async throws -> String {
        let digest = digest(of: "content")
        let answer = try await registry.client.request(
            "POST",
            "/v2/secret/blobs/uploads/?digest=\(digest)",
            headers: ["Authorization": "Basic b3duZXI6"],
            body: "content"
        )
        try #require(answer.status == 201)
        return digest
    }
}

/// Lets everybody do everything, save with one repository, which wants any credentials at all.
private struct AllBut: AccessController {
    let secret: String
    let refusing: AccessDecision

    func decide(_ request: AccessRequest) async -> AccessDecision {
        guard request.authorization == nil, request.accesses.contains(where: { $0.resourceName == secret }) else {
            return .granted(.anonymous)
        }
        return refusing
    }
}
