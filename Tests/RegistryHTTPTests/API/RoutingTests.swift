import HTTPTypes
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite("The endpoints and what lies beside them")
struct RoutingTests {
    @Test("the base answers that this is a registry, with and without its last slash", arguments: ["/v2/", "/v2"])
    func base(path: String) async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", path)
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
            #expect(answer.headers["Content-Type"] == "application/json")
            #expect(answer.headers["Content-Length"] == "2")
            #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
            let head = try await registry.send("HEAD", path)
            #expect(head.status == 200)
            #expect(head.headers["Content-Length"] == "2")
        }
    }

    @Test("the root says that the server lives, and is not part of the API")
    func root() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", "/")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer.headers["Cache-Control"] == "no-cache")
            #expect(answer.headers["Docker-Distribution-API-Version"] == nil)
        }
    }

    @Test(
        "a path without an endpoint is refused in the API's form",
        arguments: [
            "/v2/a", "/v2/a/", "/v2/a/b", "/v2/a/tags", "/v2/a/tags/lists", "/v2/a/manifests", "/v2/a/manifests/",
            "/v2/a/blobs", "/v2/_catalogs", "/v2/_catalog/x", "/v2/a/referrers", "/v2/a/unknown/x",
        ]
    )
    func unknown(path: String) async throws {
        try await TestRegistry.run { registry in
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await registry.send(method, path)
                #expect(answer.status == 404 || path.hasSuffix("manifests/"), "\(path): \(answer.text)")
                #expect((400..<500).contains(answer.status))
                #expect(try !answer.errorCodes.isEmpty)
                #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
            }
        }
    }

    @Test("a path outside of the API is refused without the API's version", arguments: ["/v1/", "/x", "/v20/", "/V2/"])
    func outside(path: String) async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", path)
            #expect(answer.status == 404)
            #expect(answer.headers["Docker-Distribution-API-Version"] == nil)
        }
    }

    /// Each endpoint's path, and what `Allow` says of it.
    static let endpoints: [(path: String, allow: String)] = [
        ("/v2/", "GET, HEAD"),
        ("/v2/_catalog", "GET, HEAD"),
        ("/v2/a/tags/list", "GET, HEAD"),
        ("/v2/a/manifests/latest", "DELETE, GET, HEAD, PUT"),
        ("/v2/a/blobs/\(digest(of: "x"))", "DELETE, GET, HEAD"),
        ("/v2/a/blobs/uploads/", "POST"),
        ("/v2/a/blobs/uploads", "POST"),
        ("/v2/a/blobs/uploads/c7e7e1fa-39c4-4d8a-a1b4-9e7a0d6b1a2f", "DELETE, GET, HEAD, PATCH, PUT"),
        ("/v2/a/referrers/\(digest(of: "x"))", "GET, HEAD"),
    ]

    @Test("each endpoint refuses the methods that it does not have, and names those that it has", arguments: endpoints)
    func methods(path: String, allow: String) async throws {
        try await TestRegistry.run { registry in
            let allowed = Set(allow.split(separator: ", ").map(String.init))
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"]
            where !allowed.contains(method) {
                let answer = try await registry.send(method, path)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.headers["Allow"] == allow)
                #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
                if method != "HEAD" { #expect(try answer.errorCodes == ["UNSUPPORTED"]) }
            }
            let options = try await registry.send("OPTIONS", path)
            #expect(options.status == 200)
            #expect(options.headers["Allow"] == allow)
            #expect(options.headers["Docker-Distribution-API-Version"] == "registry/2.0")
        }
    }

    @Test(
        "a name that breaks the grammar is refused as such at every endpoint",
        arguments: ["A", "a//b", "-a", "a-", "a..b", "a%20b", "a/_b", "..", "%2e%2e", "a%00", "ä"]
    )
    func names(name: String) async throws {
        try await TestRegistry.run { registry in
            let digest = digest(of: "x")
            for (method, path) in [
                ("GET", "tags/list"), ("GET", "manifests/latest"), ("PUT", "manifests/latest"),
                ("GET", "blobs/\(digest)"),
                ("POST", "blobs/uploads/"), ("GET", "referrers/\(digest)"), ("DELETE", "manifests/latest"),
            ] {
                try expectRefusal(try await registry.send(method, "/v2/\(name)/\(path)"), 400, "NAME_INVALID")
            }
        }
    }

    @Test("a name may have 255 characters and no more")
    func nameLength() async throws {
        try await TestRegistry.run { registry in
            let longest = String(repeating: "a", count: 255)
            try expectRefusal(try await registry.send("GET", "/v2/\(longest)/tags/list"), 404, "NAME_UNKNOWN")
            try expectRefusal(try await registry.send("GET", "/v2/\(longest)a/tags/list"), 400, "NAME_INVALID")
        }
    }

    @Test(
        "a name may hold the words of the API",
        arguments: ["manifests", "blobs/uploads", "tags/list", "a/blobs", "v2"]
    )
    func wordsInNames(name: String) async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: name, as: "latest")
            let answer = try await registry.send("GET", "/v2/\(name)/manifests/latest")
            #expect(answer.status == 200)
            #expect(answer.text == image.text)
            #expect(try await registry.send("GET", "/v2/\(name)/tags/list").texts("tags") == ["latest"])
        }
    }

    @Test(
        "a digest that is not one is refused",
        arguments: ["sha256:abc", "sha256:", "md5:d41d8cd98f00b204e9800998ecf8427e", "x:y"]
    )
    func digests(text: String) async throws {
        try await TestRegistry.run { registry in
            for (method, path) in [
                ("GET", "blobs/\(text)"), ("DELETE", "blobs/\(text)"), ("GET", "manifests/\(text)"),
                ("PUT", "manifests/\(text)"), ("GET", "referrers/\(text)"),
            ] {
                try expectRefusal(try await registry.send(method, "/v2/a/\(path)"), 400, "DIGEST_INVALID")
            }
        }
    }

    @Test("a list is answered with a slash too many at its end", arguments: ["/v2/_catalog/", "/v2/a/tags/list/"])
    func trailingSlashes(path: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.pushImage(to: "a", as: "latest")
            #expect(try await registry.send("GET", path).status == 200)
        }
    }

    @Test("configured headers are on every answer of the API")
    func headers() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.headers = [.strictTransportSecurity: "max-age=1"]
        try await TestRegistry.run(setup) { registry in
            for path in ["/v2/", "/v2/a/tags/list", "/v2/nothing"] {
                let answer = try await registry.send("GET", path)
                #expect(answer.headers["Strict-Transport-Security"] == "max-age=1")
            }
        }
    }

    @Test(
        "an escape that is not UTF-8 or not hexadecimal is refused",
        arguments: ["/v2/%ff/tags/list", "/v2/a%2/tags/list"]
    )
    func brokenEscapes(path: String) async throws {
        try await TestRegistry.run { registry in
            try expectRefusal(try await registry.send("GET", path), 400, "NAME_INVALID")
        }
    }
}
