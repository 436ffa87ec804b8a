import RegistryHTTP
import RegistryTesting
import Testing

@Suite("Where clients are sent to")
struct LocationTests {
    /// The headers of a request, and what its `Location` begins with; `*` stands for the host and port of the server.
    static let forwarded: [(headers: [String: String], base: String)] = [
        ([:], "http://*"),
        (["Host": "registry.example:5000"], "http://registry.example:5000"),
        (["X-Forwarded-Proto": "https"], "https://*"),
        (["X-Forwarded-Proto": "HTTPS, http"], "https://*"),
        (["X-Forwarded-Proto": "ftp"], "http://*"),
        (["X-Forwarded-Host": "a.example"], "http://a.example"),
        (["X-Forwarded-Host": "a.example, b.example"], "http://a.example"),
        (["X-Forwarded-Host": "a.example:8443", "X-Forwarded-Proto": "https"], "https://a.example:8443"),
        (
            ["X-Forwarded-Host": "a.example", "X-Forwarded-Port": "8443", "X-Forwarded-Proto": "https"],
            "https://a.example:8443"
        ),
        (
            ["X-Forwarded-Host": "a.example", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"],
            "https://a.example"
        ),
        (["X-Forwarded-Host": "a.example", "X-Forwarded-Port": "80"], "http://a.example"),
        (["X-Forwarded-Host": "a.example", "X-Forwarded-Port": "x"], "http://a.example"),
        (["X-Forwarded-Host": "a.example:1", "X-Forwarded-Port": "2"], "http://a.example:1"),
        (["X-Forwarded-Host": "[::1]", "X-Forwarded-Prefix": "/outer/"], "http://[::1]/outer"),
        (["X-Forwarded-Prefix": "/outer"], "http://*/outer"),
        (["X-Forwarded-Prefix": "outer"], "http://*"),
        (["X-Forwarded-Prefix": "//evil.example"], "http://*"),
        (["Forwarded": "proto=https;host=a.example"], "https://a.example"),
        (["Forwarded": "for=1.2.3.4; proto=https; host=\"a.example:8443\", host=b.example"], "https://a.example:8443"),
        (["Forwarded": "host=a.example", "X-Forwarded-Host": "b.example"], "http://a.example"),
        (["Forwarded": "for=1.2.3.4", "X-Forwarded-Host": "b.example"], "http://*"),
        // What can't be a host leads to a URL without one.
        (["X-Forwarded-Host": "a.example/x?y"], ""),
        (["Forwarded": "host=\"a b\""], ""),
    ]

    @Test("a Location leads to where the client is by what the request and its proxies say", arguments: forwarded)
    func forwardedHeaders(headers: [String: String], base: String) async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("POST", "/v2/a/b/blobs/uploads/", headers)
            let expected =
                base == "http://*" || base.contains("*")
                ? base.replacing("*", with: "127.0.0.1:\(registry.port)") : base
            let location = try #require(answer.headers["Location"])
            #expect(location.hasPrefix("\(expected)/v2/a/b/blobs/uploads/"), "\(location)")
        }
    }

    @Test("a configured URL wins over what the request says")
    func externalURL() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.externalURL = "https://registry.example/outer"
        setup.responder.usesRelativeURLs = true
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/", ["X-Forwarded-Host": "b.example"])
            #expect(answer.headers["Location"]?.hasPrefix("https://registry.example/outer/v2/a/blobs/uploads/") == true)
        }
    }

    @Test("relative URLs have neither scheme nor host, and keep the prefix")
    func relativeURLs() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.usesRelativeURLs = true
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/")
            #expect(answer.headers["Location"]?.hasPrefix("/v2/a/blobs/uploads/") == true)
        }
        setup.responder.pathPrefix = "/inner"
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("POST", "/inner/v2/a/blobs/uploads/")
            #expect(answer.headers["Location"]?.hasPrefix("/inner/v2/a/blobs/uploads/") == true)
        }
    }

    @Test("under a prefix the whole API is there, and its URLs keep the prefix")
    func prefix() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.pathPrefix = "/inner"
        try await TestRegistry.run(setup) { registry in
            let base = try await registry.send("GET", "/inner/v2/")
            #expect(base.status == 200)
            #expect(base.headers["Docker-Distribution-API-Version"] == "registry/2.0")
            let begun = try await registry.send("POST", "/inner/v2/a/blobs/uploads/")
            let location = try #require(begun.headers["Location"])
            #expect(location.hasPrefix("http://127.0.0.1:\(registry.port)/inner/v2/a/blobs/uploads/"))
            let digest = digest(of: "content")
            let put = try await registry.client.request(
                "PUT",
                "\(begun.locationTarget)&digest=\(digest)",
                body: "content"
            )
            #expect(put.status == 201)
            #expect(put.headers["Location"] == "http://127.0.0.1:\(registry.port)/inner/v2/a/blobs/\(digest)")
            #expect(try await registry.send("GET", put.locationTarget).text == "content")
        }
    }

    @Test("the location of a manifest is by digest, whichever way it was pushed")
    func manifests() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a", as: "latest")
            for reference in ["latest", image.digest] {
                let answer = try await registry.client.request(
                    "PUT",
                    "/v2/a/manifests/\(reference)",
                    headers: ["Content-Type": image.type],
                    body: image.text
                )
                #expect(answer.status == 201)
                #expect(
                    answer.headers["Location"] == "http://127.0.0.1:\(registry.port)/v2/a/manifests/\(image.digest)"
                )
                #expect(answer.headers["Docker-Content-Digest"] == image.digest)
                #expect(answer.headers["Content-Length"] == "0")
            }
        }
    }
}
