import RegistryCore
import RegistryTesting
import Testing

@Suite("Deletion, and what a registry does not allow")
struct DeletionTests {
    @Test("a deleted tag is gone, and what it pointed to stays")
    func tag() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a", as: "one")
            try await registry.pushManifest(image, to: "a", as: "two")
            let answer = try await registry.send("DELETE", "/v2/a/manifests/one")
            #expect(answer.status == 202)
            #expect(answer.headers["Content-Length"] == "0")
            try expectRefusal(try await registry.send("GET", "/v2/a/manifests/one"), 404, "MANIFEST_UNKNOWN")
            try expectRefusal(try await registry.send("DELETE", "/v2/a/manifests/one"), 404, "MANIFEST_UNKNOWN")
            #expect(try await registry.send("GET", "/v2/a/tags/list").texts("tags") == ["two"])
            #expect(try await registry.send("GET", "/v2/a/manifests/\(image.digest)").status == 200)
        }
    }

    @Test("a deleted manifest takes its tags along, and no others")
    func manifest() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage("one", to: "a", as: "one")
            try await registry.pushManifest(image, to: "a", as: "also-one")
            try await registry.pushImage("two", to: "a", as: "two")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(image.digest)").status == 202)
            for reference in [image.digest, "one", "also-one"] {
                try expectRefusal(
                    try await registry.send("GET", "/v2/a/manifests/\(reference)"),
                    404,
                    "MANIFEST_UNKNOWN"
                )
            }
            #expect(try await registry.send("GET", "/v2/a/tags/list").texts("tags") == ["two"])
            try expectRefusal(
                try await registry.send("DELETE", "/v2/a/manifests/\(image.digest)"),
                404,
                "MANIFEST_UNKNOWN"
            )
        }
    }

    @Test("a manifest that was deleted can be pushed again")
    func again() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a", as: "one")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(image.digest)").status == 202)
            try await registry.pushManifest(image, to: "a", as: "one")
            #expect(try await registry.send("GET", "/v2/a/manifests/one").text == image.text)
        }
    }

    @Test("a repository whose last tag was deleted has an empty list of tags as long as it has manifests")
    func lastTag() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushImage(to: "a", as: "one")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/one").status == 202)
            let answer = try await registry.send("GET", "/v2/a/tags/list")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"name":"a","tags":[]}"# + "\n")
        }
    }

    @Test("where deletion is not enabled, nothing is deleted, and Allow leaves DELETE out")
    func disabled() async throws {
        var setup = TestRegistry.Setup()
        setup.registry.allowsDeletion = false
        try await TestRegistry.run(setup) { registry in
            let image = try await registry.pushImage(to: "a", as: "latest")
            for path in ["manifests/latest", "manifests/\(image.digest)", "blobs/\(digest(of: "config"))"] {
                let answer = try await registry.send("DELETE", "/v2/a/\(path)")
                try expectRefusal(answer, 405, "UNSUPPORTED")
                #expect(answer.headers["Allow"] == (path.hasPrefix("m") ? "GET, HEAD, PUT" : "GET, HEAD"))
                #expect(try await registry.send("GET", "/v2/a/\(path)").status == 200)
            }
            let target = try await registry.beginUpload(in: "a")
            #expect(try await registry.send("DELETE", target).status == 204)
        }
    }

    @Test("in read-only mode everything can be read and nothing changed, and Allow says so")
    func readOnly() async throws {
        var setup = TestRegistry.Setup()
        let (image, target) = try await TestRegistry.run(setup) { registry in
            (try await registry.pushImage(to: "a", as: "latest"), try await registry.beginUpload(in: "a"))
        }
        setup.registry.isReadOnly = true
        try await TestRegistry.run(setup) { registry in
            let config = digest(of: "config")
            for (method, path, allow) in [
                ("PUT", "/v2/a/manifests/latest", "GET, HEAD"), ("DELETE", "/v2/a/manifests/latest", "GET, HEAD"),
                ("DELETE", "/v2/a/blobs/\(config)", "GET, HEAD"), ("POST", "/v2/a/blobs/uploads/", ""),
                ("POST", "/v2/b/blobs/uploads/?mount=\(config)&from=a", ""),
                ("POST", "/v2/b/blobs/uploads/?digest=\(config)", ""), ("PATCH", target, "GET, HEAD"),
                ("PUT", "\(target)&digest=\(digest(of: ""))", "GET, HEAD"), ("DELETE", target, "GET, HEAD"),
            ] {
                let headers = path.contains("manifests") ? ["Content-Type": image.type] : [:]
                let answer = try await registry.client.request(method, path, headers: headers, body: image.text)
                try expectRefusal(answer, 405, "UNSUPPORTED")
                #expect(answer.headers["Allow"] == allow, "\(method) \(path)")
            }
            for path in ["manifests/latest", "blobs/\(config)", "tags/list", "referrers/\(image.digest)"] {
                #expect(try await registry.send("GET", "/v2/a/\(path)").status == 200)
            }
            #expect(try await registry.send("GET", "/v2/_catalog").texts("repositories") == ["a"])
        }
    }
}
