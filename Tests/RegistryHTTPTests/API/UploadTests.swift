import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("Uploads")
struct UploadTests {
    @Test("an upload begins with a place, a range and an identifier")
    func begin() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/")
            #expect(answer.status == 202)
            let id = try #require(answer.headers["Docker-Upload-UUID"])
            #expect(try answer.locationTarget.hasPrefix("/v2/a/blobs/uploads/\(id)?_state="))
            #expect(answer.headers["Range"] == "0-0")
            #expect(answer.headers["Content-Length"] == "0")
            #expect(answer.headers["OCI-Chunk-Min-Length"] == nil)
        }
    }

    @Test("a store that wants chunks of some length says so")
    func minimumChunkLength() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.minimumChunkLength = 5 << 20
        try await TestRegistry.run(setup) { registry in
            let answer = try await registry.send("POST", "/v2/a/blobs/uploads/")
            #expect(answer.headers["OCI-Chunk-Min-Length"] == "5242880")
        }
    }

    @Test("a blob is pushed in one PUT, whether its length is announced or not")
    func monolithic() async throws {
        try await TestRegistry.run { registry in
            let digest = digest(of: "content")
            for body in [
                HTTPTestClient.Body.bytes(Array("content".utf8)), .chunks([Array("con".utf8), Array("tent".utf8)]),
            ] {
                let target = try await registry.beginUpload(in: "a")
                let answer = try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: body)
                #expect(answer.status == 201)
                #expect(try answer.locationTarget == "/v2/a/blobs/\(digest)")
                #expect(answer.headers["Docker-Content-Digest"] == digest)
                #expect(answer.headers["Content-Length"] == "0")
                try expectRefusal(try await registry.send("GET", target), 404, "BLOB_UPLOAD_UNKNOWN")
            }
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == "content")
        }
    }

    @Test("a form's type does not keep the body from being the blob")
    func formType() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let answer = try await registry.client.request(
                "PUT",
                "\(target)&digest=\(digest(of: "a=b"))",
                headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: "a=b"
            )
            #expect(answer.status == 201)
        }
    }

    @Test("a blob is pushed in chunks, and each answer says how far it got")
    func chunked() async throws {
        try await TestRegistry.run { registry in
            var target = try await registry.beginUpload(in: "a")
            for (chunk, range, end) in [("abc", "0-2", "0-2"), ("de", "3-4", "0-4"), ("f", "5-5", "0-5")] {
                let answer = try await registry.client.request(
                    "PATCH",
                    target,
                    headers: ["Content-Range": range, "Content-Type": "application/octet-stream"],
                    body: chunk
                )
                #expect(answer.status == 202)
                #expect(answer.headers["Range"] == end)
                #expect(answer.headers["Docker-Upload-UUID"] != nil)
                target = try answer.locationTarget
                let status = try await registry.send("GET", target)
                #expect(status.status == 204)
                #expect(status.headers["Range"] == end)
                #expect(try status.locationTarget == target)
            }
            let digest = digest(of: "abcdefgh")
            let put = try await registry.client.request(
                "PUT",
                "\(target)&digest=\(digest)",
                headers: ["Content-Range": "6-7"],
                body: "gh"
            )
            #expect(put.status == 201)
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == "abcdefgh")
        }
    }

    @Test("a blob is pushed in one PATCH without a range, and closed without content")
    func streamed() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let patch = try await registry.client.request(
                "PATCH",
                target,
                body: .chunks([Array("str".utf8), Array("eam".utf8)])
            )
            #expect(patch.status == 202)
            #expect(patch.headers["Range"] == "0-5")
            let put = try await registry.send("PUT", "\(patch.locationTarget)&digest=\(digest(of: "stream"))")
            #expect(put.status == 201)
        }
    }

    @Test("a blob is pushed in a single POST", arguments: [DigestAlgorithm.sha256, .sha384, .sha512])
    func singlePost(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            let digest = digest(of: "single", algorithm)
            let answer = try await registry.client.request(
                "POST",
                "/v2/a/blobs/uploads/?digest=\(digest)",
                body: "single"
            )
            #expect(answer.status == 201)
            #expect(try answer.locationTarget == "/v2/a/blobs/\(digest)")
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == "single")
        }
    }

    @Test("a single POST whose digest does not match leaves nothing behind")
    func singlePostMismatch() async throws {
        let driver = MemoryDriver()
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let digest = digest(of: "other")
            let answer = try await registry.client.request(
                "POST",
                "/v2/a/blobs/uploads/?digest=\(digest)",
                body: "single"
            )
            try expectRefusal(answer, 400, "DIGEST_INVALID")
            try expectRefusal(try await registry.send("GET", "/v2/a/blobs/\(digest)"), 404, "BLOB_UNKNOWN")
            #expect(try await driver.exists(at: .root.appending("docker/registry/v2/repositories/a/_uploads")) == false)
        }
    }

    @Test("a digest that does not match ends the upload")
    func mismatch() async throws {
        try await TestRegistry.run { registry in
            for algorithm in DigestAlgorithm.allCases {
                let target = try await registry.beginUpload(in: "a")
                let answer = try await registry.client.request(
                    "PUT",
                    "\(target)&digest=\(digest(of: "other", algorithm))",
                    body: "content"
                )
                try expectRefusal(answer, 400, "DIGEST_INVALID")
                try expectRefusal(try await registry.send("GET", target), 404, "BLOB_UPLOAD_UNKNOWN")
            }
            try expectRefusal(
                try await registry.send("GET", "/v2/a/blobs/\(digest(of: "content"))"),
                404,
                "BLOB_UNKNOWN"
            )
        }
    }

    @Test(
        "a digest that is missing or malformed leaves the upload as it was",
        arguments: ["", "&digest=", "&digest=sha256:abc", "&digest=md5:d41d8cd98f00b204e9800998ecf8427e"]
    )
    func unusableDigest(query: String) async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let answer = try await registry.client.request("PUT", target + query, body: "content")
            try expectRefusal(answer, 400, "DIGEST_INVALID")
            let again = try await registry.client.request(
                "PUT",
                "\(target)&digest=\(digest(of: "content"))",
                body: "content"
            )
            #expect(again.status == 201)
        }
    }

    @Test("a digest algorithm can be announced, and one that is not known is refused")
    func digestAlgorithm() async throws {
        try await TestRegistry.run { registry in
            for algorithm in DigestAlgorithm.allCases {
                let begun = try await registry.send(
                    "POST",
                    "/v2/a/blobs/uploads/?digest-algorithm=\(algorithm.rawValue)"
                )
                #expect(begun.status == 202)
                let put = try await registry.client.request(
                    "PUT",
                    "\(begun.locationTarget)&digest=\(digest(of: "content", algorithm))",
                    body: "content"
                )
                #expect(put.status == 201)
            }
            try expectRefusal(
                try await registry.send("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5"),
                400,
                "DIGEST_INVALID"
            )
        }
    }

    @Test("a blob pushed in chunks can have a sha512 digest")
    func chunkedOtherAlgorithm() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let patch = try await registry.client.request("PATCH", target, body: "con")
            let digest = digest(of: "content", .sha512)
            let put = try await registry.client.request("PUT", "\(patch.locationTarget)&digest=\(digest)", body: "tent")
            #expect(put.status == 201)
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == "content")
        }
    }

    @Test("a cancelled upload is gone")
    func cancel() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let patch = try await registry.client.request("PATCH", target, body: "content")
            let answer = try await registry.send("DELETE", patch.locationTarget)
            #expect(answer.status == 204)
            #expect(answer.headers["Docker-Upload-UUID"] == patch.headers["Docker-Upload-UUID"])
            for method in ["GET", "DELETE", "PATCH"] {
                try expectRefusal(try await registry.send(method, patch.locationTarget), 404, "BLOB_UPLOAD_UNKNOWN")
            }
            try expectRefusal(
                try await registry.send("PUT", "\(patch.locationTarget)&digest=\(digest(of: ""))"),
                404,
                "BLOB_UPLOAD_UNKNOWN"
            )
        }
    }

    @Test("the status of an upload is told to HEAD as to GET, with and without its state")
    func status() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let bare = String(target.prefix { $0 != "?" })
            _ = try await registry.client.request("PATCH", target, body: "content")
            for method in ["GET", "HEAD"] {
                let answer = try await registry.send(method, bare)
                #expect(answer.status == 204)
                #expect(answer.headers["Range"] == "0-6")
                #expect(answer.headers["Location"] != nil)
                #expect(answer.headers["Docker-Upload-UUID"] == bare.split(separator: "/").last.map(String.init))
            }
            try expectRefusal(
                try await registry.send("GET", bare.replacing("/a/", with: "/b/")),
                404,
                "BLOB_UPLOAD_UNKNOWN"
            )
        }
    }

    @Test("an identifier that can't be one is an upload that is not there", arguments: ["x", "..", "a%2fb", "a%20b"])
    func identifiers(id: String) async throws {
        try await TestRegistry.run { registry in
            for method in ["GET", "PATCH", "DELETE", "PUT"] {
                let answer = try await registry.send(method, "/v2/a/blobs/uploads/\(id)?digest=\(digest(of: ""))")
                #expect((400..<500).contains(answer.status), "\(answer.text)")
                #expect(try !answer.errorCodes.isEmpty)
            }
        }
    }
}
