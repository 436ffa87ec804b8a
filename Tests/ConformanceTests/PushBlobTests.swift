import RegistryCore
import RegistryHTTP
import RegistryTesting
import Testing

@Suite("OCI distribution specification: push of blobs")
struct PushBlobTests {
    @Test("end-4a: a session is 202 with its location, and no two are the same")
    func session() async throws {
        try await TestRegistry.run { registry in
            let first = try await registry.session(in: "a")
            let second = try await registry.session(in: "a")
            #expect(first != second)
        }
    }

    @Test("end-4a: a session for chunks begins likewise")
    func chunkedSession() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a", ["Content-Length": "0"])
            #expect(location.contains("/v2/a/blobs/uploads/"))
        }
    }

    @Test("end-4a: a store with a least length of chunks says it")
    func minimumChunk() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.minimumChunkLength = 1000
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/")
            #expect(answer.headers["OCI-Chunk-Min-Length"] == "1000")
        }
    }

    @Test("end-4b: a blob is pushed with a single POST: 201 and the blob's location")
    func singlePost() async throws {
        try await TestRegistry.run { registry in
            let digest = digest(of: "a blob")
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/?digest=\(digest)", body: "a blob")
            #expect(answer.status == 201)
            #expect(try await registry.send("GET", answer.location).text == "a blob")
        }
    }

    @Test(
        "end-4b: a digest that is invalid, of an unknown algorithm or not the content's is 400",
        arguments: ["sha256:x", "md5:d41d8cd98f00b204e9800998ecf8427e", digest(of: "x")]
    )
    func singlePostDigest(text: String) async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/?digest=\(text)", body: "a blob")
            #expect(answer.status == 400)
            #expect(try answer.code == "DIGEST_INVALID")
        }
    }

    @Test("end-4c: another digest algorithm is announced and used", arguments: [DigestAlgorithm.sha512, .sha384])
    func digestAlgorithm(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            let begun = try await registry.send("POST", "/v2/a/blobs/uploads/?digest-algorithm=\(algorithm.rawValue)")
            #expect(begun.status == 202)
            let digest = digest(of: "a blob", algorithm)
            let put = try await registry.send("PUT", begun.location.adding("digest=\(digest)"), body: "a blob")
            #expect(put.status == 201)
            #expect(put.headers["Docker-Content-Digest"] == digest)
            let answer = try await registry.send("GET", put.location)
            #expect(answer.text == "a blob")
            #expect(answer.headers["Docker-Content-Digest"] == digest)
        }
    }

    @Test("end-4c: an algorithm that is not supported is 400")
    func unknownAlgorithm() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5")
            #expect(answer.status == 400)
            #expect(try answer.code == "DIGEST_INVALID")
        }
    }

    @Test(
        "end-5: each chunk is 202 with a location and the range so far; end-6: the closing PUT is 201 with the blob's location"
    )
    func chunks() async throws {
        try await TestRegistry.run { registry in
            var location = try await registry.session(in: "a", ["Content-Length": "0"])
            for (chunk, range, sofar) in [("hello", "0-4", "0-4"), (" wor", "5-8", "0-8")] {
                let answer = try await registry.send(
                    "PATCH",
                    location,
                    ["Content-Range": range, "Content-Type": "application/octet-stream"],
                    body: chunk
                )
                #expect(answer.status == 202)
                #expect(answer.headers["Range"] == sofar)
                location = try answer.location
            }
            let put = try await registry.send(
                "PUT",
                location.adding("digest=\(digest(of: "hello world"))"),
                ["Content-Range": "9-10"],
                body: "ld"
            )
            #expect(put.status == 201)
            #expect(try await registry.send("GET", put.location).text == "hello world")
        }
    }

    @Test("end-5: the last chunk may be a PATCH, and the closing PUT without content")
    func closingWithoutContent() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let patch = try await registry.send("PATCH", location, ["Content-Range": "0-4"], body: "hello")
            let put = try await registry.send("PUT", patch.location.adding("digest=\(digest(of: "hello"))"))
            #expect(put.status == 201)
        }
    }

    @Test("end-5: a chunk out of order, and one that was sent already, is 416", arguments: ["6-10", "0-4"])
    func outOfOrder(range: String) async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let first = try await registry.send("PATCH", location, ["Content-Range": "0-4"], body: "hello")
            let answer = try await registry.send("PATCH", first.location, ["Content-Range": range], body: "world")
            #expect(answer.status == 416)
        }
    }

    @Test("end-5: a first chunk that does not begin with 0 is 416")
    func firstOutOfOrder() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            #expect(try await registry.send("PATCH", location, ["Content-Range": "5-9"], body: "world").status == 416)
        }
    }

    @Test("end-6: a blob is pushed by POST, then PUT: 201, the blob's location and digest")
    func postThenPut() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let digest = digest(of: "a blob")
            let answer = try await registry.send(
                "PUT",
                location.adding("digest=\(digest)"),
                ["Content-Type": "application/octet-stream"],
                body: "a blob"
            )
            #expect(answer.status == 201)
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(try await registry.send("GET", answer.location).text == "a blob")
        }
    }

    @Test("end-6: a last chunk out of order is 416")
    func lastOutOfOrder() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let first = try await registry.send("PATCH", location, ["Content-Range": "0-4"], body: "hello")
            let answer = try await registry.send(
                "PUT",
                first.location.adding("digest=\(digest(of: "hello!"))"),
                ["Content-Range": "6-6"],
                body: "!"
            )
            #expect(answer.status == 416)
        }
    }

    @Test(
        "end-6: a digest that is missing, invalid or not the content's is 400",
        arguments: ["", "sha256:x", digest(of: "x")]
    )
    func putDigest(text: String) async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let answer = try await registry.send("PUT", location.adding("digest=\(text)"), body: "a blob")
            #expect(answer.status == 400)
            #expect(try answer.code == "DIGEST_INVALID")
        }
    }

    @Test("end-11: a blob of another repository is mounted: 201, its location and digest")
    func mount() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "from")
            let answer = try await registry.send("POST", "/v2/to/blobs/uploads/?mount=\(digest)&from=from")
            #expect(answer.status == 201)
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(try answer.location == "/v2/to/blobs/\(digest)")
            #expect(try await registry.send("GET", answer.location).text == "a blob")
        }
    }

    @Test("end-11: a mount that can't be is 202 with a session's location")
    func mountFallback() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("POST", "/v2/to/blobs/uploads/?mount=\(digest(of: "x"))&from=from")
            #expect(answer.status == 202)
            let put = try await registry.send("PUT", answer.location.adding("digest=\(digest(of: "x"))"), body: "x")
            #expect(put.status == 201)
        }
    }

    @Test("end-11: a blob is mounted without a source that is named")
    func anonymousMount() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.push(blob: "a blob", to: "from")
            #expect(try await registry.send("POST", "/v2/to/blobs/uploads/?mount=\(digest)").status == 201)
        }
    }

    @Test("end-13: the status of a session is 204 with its location and range, also after a 416")
    func status() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            let first = try await registry.send("PATCH", location, ["Content-Range": "0-4"], body: "hello")
            #expect(try await registry.send("PATCH", first.location, ["Content-Range": "9-9"], body: "!").status == 416)
            let status = try await registry.send("GET", first.location)
            #expect(status.status == 204)
            #expect(status.headers["Range"] == "0-4")
            let next = try await registry.send("PATCH", status.location, ["Content-Range": "5-5"], body: "!")
            #expect(next.status == 202)
        }
    }

    @Test("end-13: a session that is not there is 404")
    func unknownSession() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", "/v2/a/blobs/uploads/c7e7e1fa-39c4-4d8a-a1b4-9e7a0d6b1a2f")
            #expect(answer.status == 404)
            #expect(try answer.code == "BLOB_UPLOAD_UNKNOWN")
        }
    }

    @Test("end-14: a cancelled session is 204, and gone")
    func cancel() async throws {
        try await TestRegistry.run { registry in
            let location = try await registry.session(in: "a")
            #expect(try await registry.send("DELETE", location).status == 204)
            for method in ["GET", "DELETE"] { #expect(try await registry.send(method, location).status == 404) }
        }
    }
}
