import RegistryCore
import RegistryTesting
import Testing

@Suite("OCI distribution specification: pull")
struct PullTests {
    @Test("end-1: the registry says that it implements the specification")
    func base() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", "/v2/")
            #expect(answer.status == 200)
        }
    }

    @Test("end-2: GET of a blob is 200 with the blob, its digest and its length")
    func blob() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "a/b")
            let answer = try await registry.send("GET", "/v2/a/b/blobs/\(digest)")
            #expect(answer.status == 200)
            #expect(answer.text == "a blob")
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(answer.headers["Content-Length"] == "6")
        }
    }

    @Test("end-2: HEAD of a blob is 200 with its digest and its length")
    func blobHead() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "a")
            let answer = try await registry.send("HEAD", "/v2/a/blobs/\(digest)")
            #expect(answer.status == 200)
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(answer.headers["Content-Length"] == "6")
        }
    }

    @Test("end-2: a blob that is not in the repository is 404", arguments: ["GET", "HEAD"])
    func unknownBlob(method: String) async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "a")
            #expect(try await registry.send(method, "/v2/b/blobs/\(digest)").status == 404)
            #expect(try await registry.send("GET", "/v2/b/blobs/\(digest)").code == "BLOB_UNKNOWN")
        }
    }

    @Test("end-2: a part of a blob is served as RFC 9110 has it")
    func blobRange() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "0123456789", to: "a")
            let part = try await registry.send("GET", "/v2/a/blobs/\(digest)", ["Range": "bytes=2-4"])
            #expect(part.status == 206)
            #expect(part.text == "234")
            #expect(part.headers["Content-Range"] == "bytes 2-4/10")
            let none = try await registry.send("GET", "/v2/a/blobs/\(digest)", ["Range": "bytes=10-"])
            #expect(none.status == 416)
        }
    }

    @Test("end-3: GET of a manifest is 200 with its exact bytes, its type and its digest, by tag and by digest")
    func manifest() async throws {
        try await TestRegistry.run { registry in
            // Space that a parser would not keep.
            let manifest = image("spaced") + " \n\t "
            try await registry.push(manifest: manifest, to: "a", tag: "latest")
            for reference in ["latest", digest(of: manifest)] {
                let answer = try await registry.send(
                    "GET",
                    "/v2/a/manifests/\(reference)",
                    ["Accept": TestRegistry.imageType]
                )
                #expect(answer.status == 200)
                #expect(answer.text == manifest)
                #expect(answer.headers["Content-Type"] == TestRegistry.imageType)
                #expect(answer.headers["Docker-Content-Digest"] == digest(of: manifest))
            }
        }
    }

    @Test("end-3: HEAD of a manifest is 200 with its digest and its length")
    func manifestHead() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            try await registry.push(manifest: manifest, to: "a", tag: "latest")
            for reference in ["latest", digest(of: manifest)] {
                let answer = try await registry.send("HEAD", "/v2/a/manifests/\(reference)")
                #expect(answer.status == 200)
                #expect(answer.headers["Docker-Content-Digest"] == digest(of: manifest))
                #expect(answer.headers["Content-Length"] == "\(manifest.utf8.count)")
            }
        }
    }

    @Test("end-3: a manifest that is not in the repository is 404", arguments: ["GET", "HEAD"])
    func unknownManifest(method: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.push(manifest: image("a"), to: "a", tag: "latest")
            for path in ["a/manifests/other", "a/manifests/\(digest(of: "x"))", "b/manifests/latest"] {
                #expect(try await registry.send(method, "/v2/\(path)").status == 404)
            }
            #expect(try await registry.send("GET", "/v2/b/manifests/latest").code == "MANIFEST_UNKNOWN")
        }
    }

    @Test("end-3: an index is served with its type, without parameters even when it was pushed with some")
    func contentType() async throws {
        try await TestRegistry.run { registry in
            try await registry.push(
                manifest: index(),
                type: "\(TestRegistry.indexType); charset=utf-8",
                to: "a",
                tag: "i"
            )
            let answer = try await registry.send("GET", "/v2/a/manifests/i")
            #expect(answer.headers["Content-Type"] == TestRegistry.indexType)
        }
    }

    @Test("names and tags: what breaks the grammar is refused, what keeps it is taken")
    func grammar() async throws {
        try await TestRegistry.run { registry in
            for name in ["a", "a/b/c", "a-b", "a--b", "a__b", "a.b", "0/1"] {
                try await registry.push(
                    manifest: image(name),
                    to: name,
                    tag: "_T.a-\(String(repeating: "x", count: 100))"
                )
            }
            for name in ["A", "a___b", "a..b", "-a", "a/", "a//b"] {
                #expect(try await registry.send("POST", "/v2/\(name)/blobs/uploads/").code == "NAME_INVALID", "\(name)")
            }
            let headers = ["Content-Type": TestRegistry.imageType]
            for tag in ["-a", ".a", String(repeating: "a", count: 129)] {
                #expect(
                    try await registry.send("PUT", "/v2/a/manifests/\(tag)", headers, body: image("a")).status == 400
                )
            }
        }
    }

    @Test("errors: a refusal in JSON has a code of capital letters and a message")
    func errors() async throws {
        try await TestRegistry.run { registry in
            for path in ["a/tags/list", "a/manifests/x", "a/blobs/\(digest(of: "x"))", "a/blobs/sha256:x", "x"] {
                let answer = try await registry.send("GET", "/v2/\(path)")
                #expect((400..<500).contains(answer.status))
                #expect(try answer.code.allSatisfy { $0.isUppercase || $0 == "_" })
                #expect(try answer.json["errors"]?.array?.first?.object?["message"]?.string?.isEmpty == false)
            }
        }
    }
}
