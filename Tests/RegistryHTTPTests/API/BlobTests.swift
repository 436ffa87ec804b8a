import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("Blobs")
struct BlobTests {
    static let content = "0123456789"

    @Test("a blob is served with its digest, its tag, its length and how long it may be kept")
    func pull() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a/b")
            for method in ["GET", "HEAD"] {
                let answer = try await registry.send(method, "/v2/a/b/blobs/\(digest)")
                #expect(answer.status == 200)
                #expect(answer.text == (method == "GET" ? Self.content : ""))
                #expect(answer.headers["Content-Length"] == "10")
                #expect(answer.headers["Content-Type"] == "application/octet-stream")
                #expect(answer.headers["Docker-Content-Digest"] == digest)
                #expect(answer.headers["ETag"] == "\"\(digest)\"")
                #expect(answer.headers["Cache-Control"] == "max-age=31536000")
                #expect(answer.headers["Accept-Ranges"] == "bytes")
                #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
            }
        }
    }

    @Test("a blob is part of the repositories that it was pushed to, and of no other")
    func unknown() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            for repository in ["b", "a/b"] {
                try expectRefusal(
                    try await registry.send("GET", "/v2/\(repository)/blobs/\(digest)"),
                    404,
                    "BLOB_UNKNOWN"
                )
                let head = try await registry.send("HEAD", "/v2/\(repository)/blobs/\(digest)")
                #expect(head.status == 404)
                #expect(head.body.isEmpty)
            }
            let answer = try await registry.send("GET", "/v2/b/blobs/\(digest)")
            let detail = try #require(try answer.json["errors"]?.array?.first?.object?["detail"])
            #expect(detail.string == digest)
        }
    }

    @Test("an empty blob is a blob, in memory and on files")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let drivers: [any StorageDriver] = [MemoryDriver(), FilesystemDriver(root: folder, threadPool: .singleton)]
            for driver in drivers {
                var setup = TestRegistry.Setup()
                setup.driver = driver
                try await TestRegistry.run(setup) { registry in
                    let digest = try await registry.pushBlob("", to: "a")
                    let answer = try await registry.send("GET", "/v2/a/blobs/\(digest)")
                    #expect(answer.status == 200)
                    #expect(answer.headers["Content-Length"] == "0")
                }
            }
        }
    }

    /// What `Range` asks for, and the part that is sent; `nil` where there is no such part.
    static let ranges: [(range: String, part: String?, contentRange: String)] = [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-5", "2345", "bytes 2-5/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-30", "0123456789", "bytes 0-9/10"),
        ("bytes=5-100", "56789", "bytes 5-9/10"),
        ("bytes=5-99999999999999999999", "56789", "bytes 5-9/10"),
        ("bytes= 2-3,", "23", "bytes 2-3/10"),
        ("bytes=10-", nil, "bytes */10"),
        ("bytes=10-20", nil, "bytes */10"),
        ("bytes=-0", nil, "bytes */10"),
        ("bytes=5-4", nil, "bytes */10"),
        ("bytes=x-4", nil, "bytes */10"),
        ("bytes=-", nil, "bytes */10"),
        ("bytes=", nil, "bytes */10"),
        ("bytes=1", nil, "bytes */10"),
        ("bytes=+1-2", nil, "bytes */10"),
        ("lines=1-2", nil, "bytes */10"),
    ]

    @Test("a part of a blob is served alone, and a part that is not there is refused", arguments: ranges)
    func range(range: String, part: String?, contentRange: String) async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            let answer = try await registry.send("GET", "/v2/a/blobs/\(digest)", ["Range": range])
            #expect(answer.headers["Content-Range"] == contentRange)
            guard let part else {
                try expectRefusal(answer, 416, "RANGE_INVALID")
                return
            }
            #expect(answer.status == 206)
            #expect(answer.text == part)
            #expect(answer.headers["Content-Length"] == "\(part.utf8.count)")
            #expect(answer.headers["Docker-Content-Digest"] == digest)
        }
    }

    @Test("several parts at once are answered with the whole")
    func severalRanges() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            let answer = try await registry.send("GET", "/v2/a/blobs/\(digest)", ["Range": "bytes=0-1,4-5"])
            #expect(answer.status == 200)
            #expect(answer.text == Self.content)
            #expect(answer.headers["Content-Range"] == nil)
        }
    }

    @Test("If-Range lets a part be served only of the content that it names")
    func ifRange() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            let path = "/v2/a/blobs/\(digest)"
            let same = try await registry.send("GET", path, ["Range": "bytes=0-1", "If-Range": "\"\(digest)\""])
            #expect(same.status == 206)
            for other in ["\"sha256:other\"", "W/\"\(digest)\"", "Wed, 21 Oct 2015 07:28:00 GMT"] {
                let answer = try await registry.send("GET", path, ["Range": "bytes=0-1", "If-Range": other])
                #expect(answer.status == 200)
                #expect(answer.text == Self.content)
            }
        }
    }

    @Test("a client that has the blob is told so")
    func ifNoneMatch() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            let path = "/v2/a/blobs/\(digest)"
            for tag in ["\"\(digest)\"", digest, "W/\"\(digest)\"", "\"x\", \"\(digest)\"", "*"] {
                for method in ["GET", "HEAD"] {
                    let answer = try await registry.send(method, path, ["If-None-Match": tag])
                    #expect(answer.status == 304)
                    #expect(answer.body.isEmpty)
                    #expect(answer.headers["ETag"] == "\"\(digest)\"")
                }
            }
            #expect(try await registry.send("GET", path, ["If-None-Match": "\"sha256:x\""]).status == 200)
            #expect(try await registry.send("GET", "/v2/b/blobs/\(digest)", ["If-None-Match": "*"]).status == 404)
        }
    }

    @Test(
        "a blob that is pushed by another digest is served by that and by the canonical one",
        arguments: [DigestAlgorithm.sha384, .sha512]
    )
    func otherAlgorithms(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            let pushed = try await registry.pushBlob(Self.content, to: "a", as: algorithm)
            for digest in [pushed, digest(of: Self.content)] {
                let answer = try await registry.send("GET", "/v2/a/blobs/\(digest)")
                #expect(answer.status == 200)
                #expect(answer.text == Self.content)
                #expect(answer.headers["Docker-Content-Digest"] == digest)
                #expect(answer.headers["ETag"] == "\"\(digest)\"")
            }
        }
    }

    @Test("a deleted blob is no longer part of its repository, and stays part of others")
    func delete() async throws {
        try await TestRegistry.run { registry in
            let digest = try await registry.pushBlob(Self.content, to: "a")
            try await registry.pushBlob(Self.content, to: "b")
            let answer = try await registry.send("DELETE", "/v2/a/blobs/\(digest)")
            #expect(answer.status == 202)
            #expect(answer.headers["Content-Length"] == "0")
            try expectRefusal(try await registry.send("GET", "/v2/a/blobs/\(digest)"), 404, "BLOB_UNKNOWN")
            try expectRefusal(try await registry.send("DELETE", "/v2/a/blobs/\(digest)"), 404, "BLOB_UNKNOWN")
            #expect(try await registry.send("GET", "/v2/b/blobs/\(digest)").text == Self.content)
        }
    }

    @Test("a blob of a size that takes several reads comes back as it was sent")
    func large() async throws {
        try await TestRegistry.run { registry in
            let content = String(repeating: "registry", count: 300_000)
            let digest = try await registry.pushBlob(content, to: "a")
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == content)
        }
    }
}
