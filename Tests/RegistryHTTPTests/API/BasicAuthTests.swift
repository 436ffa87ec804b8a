import Foundation
import NIOPosix
import RegistryAuth
import RegistryCore
import RegistryTesting
import Testing

@Suite("The API for the users of a password file")
struct BasicAuthTests {
    static let alice = ["Authorization": "Basic YWxpY2U6d29uZGVybGFuZA=="]

    @Test("without credentials everything is refused with a challenge, before anything else is looked at")
    func challenged() async throws {
        try await withUsers { registry in
            for (method, path) in [
                ("GET", "/v2/"), ("GET", "/v2/_catalog"), ("GET", "/v2/a/tags/list"), ("GET", "/v2/A/manifests/x"),
                ("HEAD", "/v2/a/blobs/sha256:x"), ("POST", "/v2/a/blobs/uploads/"), ("DELETE", "/v2/a/manifests/x"),
            ] {
                for header in [[:], ["Authorization": "Basic YWxpY2U6d3Jvbmc="], ["Authorization": "Bearer x"]] {
                    let answer = try await registry.send(method, path, header)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.headers.values("WWW-Authenticate") == [#"Basic realm="test""#])
                    #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
                    if method != "HEAD" { try expectRefusal(answer, 401, "UNAUTHORIZED") }
                }
            }
        }
    }

    @Test("the refusal says what was wanted")
    func detail() async throws {
        try await withUsers { registry in
            let answer = try await registry.send("GET", "/v2/a/b/tags/list")
            #expect(answer.text.contains(#""detail":[{"Type":"repository","Class":"","Name":"a/b","Action":"pull"}]"#))
            let catalog = try await registry.send("GET", "/v2/_catalog")
            #expect(catalog.text.contains(#"{"Type":"registry","Class":"","Name":"catalog","Action":"*"}"#))
        }
    }

    @Test("with credentials a user reads, lists, writes and cancels")
    func granted() async throws {
        try await withUsers { registry in
            #expect(try await registry.send("GET", "/v2/", Self.alice).status == 200)
            #expect(try await registry.send("GET", "/v2/_catalog", Self.alice).status == 200)
            try expectRefusal(try await registry.send("GET", "/v2/a/tags/list", Self.alice), 404, "NAME_UNKNOWN")
            let upload = try await registry.send("POST", "/v2/a/blobs/uploads/", Self.alice)
            #expect(upload.status == 202)
            let target = try upload.locationTarget
            try expectRefusal(try await registry.send("DELETE", target), 401, "UNAUTHORIZED")
            #expect(try await registry.send("DELETE", target, Self.alice).status == 204)
        }
    }

    @Test("the root, which health checks ask for, needs no credentials")
    func root() async throws {
        try await withUsers { registry in
            let answer = try await registry.send("GET", "/")
            #expect(answer.status == 200)
        }
    }

    @Test("a controller that has too much to do is answered with 429 and when to try again")
    func busy() async throws {
        var setup = TestRegistry.Setup()
        setup.access = Busy()
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("GET", "/v2/")
            try expectRefusal(answer, 429, "TOOMANYREQUESTS")
            #expect(answer.headers["Retry-After"] == "1")
            #expect(answer.headers["WWW-Authenticate"] == nil)
        }
    }

    /// Runs a body on a registry with the user `alice`, whose password is `wonderland`.
    private func withUsers(_ body: (TestRegistry) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/htpasswd"
            let line = "alice:$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su\n"
            try Data(line.utf8).write(to: URL(filePath: path))
            var setup = TestRegistry.Setup()
            setup.access = try await HtpasswdController(
                .init(realm: "test", path: path),
                pool: .singleton,
                report: { notice in Issue.record("\(notice)") }
            )
            try await TestRegistry.run(setup, body)
        }
    }
}

private struct Busy: AccessController {
    func decide(_ request: AccessRequest) async -> AccessDecision { .busy }
}
