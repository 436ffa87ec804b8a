import RegistryCore
import RegistryTesting
import Testing

@Suite("OCI distribution specification: content management")
struct ManagementTests {
    @Test("end-9: a tag is deleted with 202, and its manifest stays")
    func tag() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            try await registry.push(manifest: manifest, to: "a", tag: "t")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/t").status == 202)
            #expect(try await registry.send("GET", "/v2/a/manifests/t").status == 404)
            #expect(try await registry.send("GET", "/v2/a/manifests/\(digest(of: manifest))").status == 200)
        }
    }

    @Test("end-9: a manifest is deleted with 202, and is 404 from then on, by digest and by tag")
    func manifest() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            try await registry.push(manifest: manifest, to: "a", tag: "t")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(digest(of: manifest))").status == 202)
            for reference in ["t", digest(of: manifest)] {
                #expect(try await registry.send("GET", "/v2/a/manifests/\(reference)").status == 404)
            }
        }
    }

    @Test("end-9: what is not there, and a repository that is not there, is 404", arguments: ["a", "b"])
    func unknownManifest(name: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.push(manifest: image("a"), to: "a")
            for reference in ["t", digest(of: "x")] {
                #expect(try await registry.send("DELETE", "/v2/\(name)/manifests/\(reference)").status == 404)
            }
        }
    }

    @Test("end-9: a deleted referrer is no longer listed")
    func referrer() async throws {
        try await TestRegistry.run { registry in
            let subject = image("subject")
            let referrer = image("referrer", subject: subject)
            try await registry.push(manifest: referrer, to: "a")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(digest(of: referrer))").status == 202)
            #expect(try await registry.send("GET", "/v2/a/referrers/\(digest(of: subject))").descriptors.isEmpty)
        }
    }

    @Test("end-10: a blob is deleted with 202, and is 404 from then on")
    func blob() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "a")
            #expect(try await registry.send("DELETE", "/v2/a/blobs/\(digest)").status == 202)
            for method in ["GET", "HEAD", "DELETE"] {
                #expect(try await registry.send(method, "/v2/a/blobs/\(digest)").status == 404)
            }
        }
    }

    @Test("end-9, end-10: where deletion is disabled it is 405")
    func disabled() async throws {
        var setup = TestRegistry.Setup()
        setup.registry.allowsDeletion = false
        try await TestRegistry.run(setup) { registry in
            let manifest = image("a")
            try await registry.push(manifest: manifest, to: "a", tag: "t")
            for path in ["manifests/t", "manifests/\(digest(of: manifest))", "blobs/\(digest(of: "{}"))"] {
                #expect(try await registry.send("DELETE", "/v2/a/\(path)").status == 405)
                #expect(try await registry.send("GET", "/v2/a/\(path)").status == 200)
            }
        }
    }
}
