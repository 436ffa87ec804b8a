import NIOCore
import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite("What a client carries from one request of an upload to the next")
struct UploadStateTests {
    private static let secret = Array("a secret of tests only".utf8)

    @Test("a client that has lost the state goes on all the same")
    func withoutState() async throws {
        try await TestRegistry.run { registry in
            let bare = String(try await registry.beginUpload(in: "a").prefix { $0 != "?" })
            #expect(try await registry.client.request("PATCH", bare, body: "hello ").status == 202)
            #expect(try await registry.client.request("PATCH", "\(bare)?_state=", body: "wor").status == 202)
            let put = try await registry.client.request(
                "PUT",
                "\(bare)?digest=\(digest(of: "hello world"))",
                body: "ld"
            )
            #expect(put.status == 201)
        }
    }

    @Test("a client that has lost the state cancels all the same")
    func cancelWithoutState() async throws {
        try await TestRegistry.run { registry in
            let bare = String(try await registry.beginUpload(in: "a").prefix { $0 != "?" })
            #expect(try await registry.send("DELETE", bare).status == 204)
        }
    }

    /// States that are none of the upload's.
    static let garbage = [
        "x", "====", "a%00b", "%ff", String(repeating: "A", count: 100), String(repeating: "A", count: 5000), "e30=",
    ]

    @Test("a state that is not one is refused, and the upload stays", arguments: garbage)
    func garbageState(state: String) async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let bare = String(target.prefix { $0 != "?" })
            for (method, query) in [("PATCH", ""), ("PUT", "&digest=\(digest(of: "x"))"), ("DELETE", "")] {
                let answer = try await registry.client.request(method, "\(bare)?_state=\(state)\(query)", body: "x")
                try expectRefusal(answer, 404, "BLOB_UPLOAD_INVALID")
            }
            #expect(try await registry.send("GET", target).headers["Range"] == "0-0")
        }
    }

    @Test("the state of another upload, of another repository or with another secret is refused")
    func foreignState() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let bare = String(target.prefix { $0 != "?" })
            let other = try await registry.beginUpload(in: "a")
            let otherRepository = try token(in: target, repository: "b").encoded(secret: Self.secret)
            let otherSecret = try token(in: target, repository: "a").encoded(secret: Array("another".utf8))
            let states = [
                try #require(other.split(separator: "=", maxSplits: 1).last.map(String.init)), otherRepository,
                otherSecret,
            ]
            for state in states {
                let answer = try await registry.client.request("PATCH", "\(bare)?_state=\(state)", body: "x")
                try expectRefusal(answer, 404, "BLOB_UPLOAD_INVALID")
            }
            let right = try token(in: target, repository: "a").encoded(secret: Self.secret)
            #expect(try await registry.client.request("PATCH", "\(bare)?_state=\(right)", body: "x").status == 202)
        }
    }

    @Test("the state is a text of the replaced server's form")
    func form() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a/b")
            let text = try #require(target.split(separator: "=", maxSplits: 1).last).replacing("%3D", with: "=")
            let bytes = try #require(Base64URL.decode(text))
            let json = try #require(try JSONValue(parsing: ByteBuffer(bytes: bytes.dropFirst(32))).object)
            #expect(json.members.map(\.name) == ["Name", "UUID", "Offset", "StartedAt"])
            #expect(json["Name"]?.string == "a/b")
            #expect(json["Offset"]?.integer == 0)
            #expect(bytes.prefix(32).elementsEqual(HMACSHA256(key: Self.secret).code(for: bytes.dropFirst(32))))
        }
    }

    /// The state in an upload's URL, as it would be in another repository.
    private func token(in target: String, repository: String) throws -> UploadToken {
        let text = try #require(target.split(separator: "=", maxSplits: 1).last)
        var token = try UploadToken(parsing: String(text).replacing("%3D", with: "="), secret: Self.secret)
        token.repository = repository
        return token
    }
}

@Suite("Uploads that outlive the server")
struct UploadRestartTests {
    /// So much that the hash's state is stored.
    private let before = String(repeating: "before ", count: 40_000)

    @Test("an upload goes on after a restart, and what was taken before is not read again")
    func restart() async throws {
        let driver = ObservedDriver(MemoryDriver())
        var setup = TestRegistry.Setup()
        setup.driver = driver
        var target = try await TestRegistry.run(setup) { registry in
            let target = try await registry.beginUpload(in: "a")
            return try await registry.client.request("PATCH", target, body: before).locationTarget
        }
        target = try await TestRegistry.run(setup) { [target] registry in
            #expect(try await registry.send("GET", target).headers["Range"] == "0-\(before.utf8.count - 1)")
            return try await registry.client.request("PATCH", target, body: "between ").locationTarget
        }
        let digest = digest(of: "\(before)between after")
        try await TestRegistry.run(setup) { [target] registry in
            let put = try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: "after")
            #expect(put.status == 201)
            #expect(driver.paths(.open).isEmpty)
            #expect(try await registry.send("GET", "/v2/a/blobs/\(digest)").text == "\(before)between after")
        }
    }

    @Test("the stored hash is the one of the last chunk alone")
    func hashStates() async throws {
        let driver = MemoryDriver()
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let target = try await registry.beginUpload(in: "a")
            let first = try await registry.client.request("PATCH", target, body: before)
            let second = try await registry.client.request("PATCH", first.locationTarget, body: "01234")
            let id = try #require(second.headers["Docker-Upload-UUID"])
            let folder = StoragePath.root.appending(
                "docker/registry/v2/repositories/a/_uploads/\(id)/hashstates/sha256"
            )
            #expect(
                try await driver.list(folder, after: nil, limit: 10).entries.map(\.name) == ["\(before.utf8.count + 5)"]
            )
        }
    }

    @Test(
        "without a stored hash, or with one that is damaged, the data is read and the upload goes on",
        arguments: [true, false]
    )
    func lostHashState(isDamaged: Bool) async throws {
        try await expectReading(after: before) { [before] driver, folder in
            let state = folder.appending("hashstates/sha256/\(before.utf8.count)")
            if isDamaged {
                try await driver.put(ByteBuffer(string: "x"), at: state)
            } else {
                try await driver.delete(at: state)
            }
        }
    }

    @Test("a short upload leaves no state of its hash: its data is read again")
    func short() async throws {
        try await expectReading(after: "before ") { driver, folder in
            let entries = try await driver.list(folder, after: nil, limit: 10).entries
            #expect(entries.map(\.name) == ["data", "startedat"])
        }
    }

    /// Expects that an upload's last request reads again what was sent before it.
    private func expectReading(
        after content: String,
        _ between: @Sendable (ObservedDriver, StoragePath) async throws -> Void
    ) async throws {
        let driver = ObservedDriver(MemoryDriver())
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let target = try await registry.beginUpload(in: "a")
            let patch = try await registry.client.request("PATCH", target, body: content)
            let id = try #require(patch.headers["Docker-Upload-UUID"])
            try await between(driver, .root.appending("docker/registry/v2/repositories/a/_uploads/\(id)"))
            let put = try await registry.client.request(
                "PUT",
                "\(patch.locationTarget)&digest=\(digest(of: "\(content)after"))",
                body: "after"
            )
            #expect(put.status == 201)
            #expect(driver.paths(.open).count == 1)
        }
    }

    @Test("an upload on files goes on after a restart")
    func files() async throws {
        try await withTemporaryFolder { folder in
            var setup = TestRegistry.Setup()
            setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
            let target = try await TestRegistry.run(setup) { registry in
                let target = try await registry.beginUpload(in: "a/b")
                return try await registry.client.request("PATCH", target, body: "before ").locationTarget
            }
            setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
            let digest = digest(of: "before after")
            try await TestRegistry.run(setup) { registry in
                #expect(try await registry.send("GET", target).headers["Range"] == "0-6")
                let put = try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: "after")
                #expect(put.status == 201)
            }
            setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
            try await TestRegistry.run(setup) { registry in
                let answer = try await registry.send("GET", "/v2/a/b/blobs/\(digest)", ["Range": "bytes=7-"])
                #expect(answer.status == 206)
                #expect(answer.text == "after")
            }
        }
    }

    @Test("what a client sent before it went away is kept, and can be gone on with")
    func disconnect() async throws {
        try await TestRegistry.run { registry in
            let target = try await registry.beginUpload(in: "a")
            let raw = try await registry.connect()
            try await raw.send("PATCH \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello")
            await raw.close()
            let bare = String(target.prefix { $0 != "?" })
            // The next request waits until the server has noticed and let the upload go.
            var range: String?
            for _ in 0..<200 where range != "0-4" {
                range = try await registry.send("GET", bare).headers["Range"]
                if range != "0-4" { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(range == "0-4")
            let put = try await registry.client.request("PUT", "\(bare)?digest=\(digest(of: "hello!"))", body: "!")
            #expect(put.status == 201)
        }
    }
}
