import HTTPTypes
import NIOCore
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite("When the store fails")
struct StorageFailureTests {
    /// A store's failure, and the status and code of the answer.
    static let failures: [(failure: StorageError.Code, status: Int, code: String)] = [
        (.noSpace, 507, "DENIED"), (.readOnly, 503, "UNAVAILABLE"), (.unavailable, 503, "UNAVAILABLE"),
        (.failed, 503, "UNAVAILABLE"),
    ]

    @Test("a push is refused for what the store says, and goes on when the store has recovered", arguments: failures)
    func push(failure: StorageError.Code, status: Int, code: String) async throws {
        let driver = ObservedDriver(MemoryDriver())
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            try await registry.pushBlob("config", to: "a")
            let target = try await registry.beginUpload(in: "a")
            let image = Sample.image("an image")
            let digest = digest(of: "content")
            driver.fail([.put, .append, .commit], with: failure)
            for (method, path, body) in [
                ("POST", "/v2/a/blobs/uploads/", ""), ("PATCH", target, "content"),
                ("PUT", "\(target)&digest=\(digest)", "content"), ("PUT", "/v2/a/manifests/latest", image.text),
            ] {
                let headers = path.contains("manifests") ? ["Content-Type": image.type] : [:]
                let answer = try await registry.client.request(method, path, headers: headers, body: body)
                try expectRefusal(answer, status, code)
                #expect((answer.headers["Retry-After"] != nil) == (status == 503))
                #expect(!answer.text.contains("docker/registry"), "no path of the store is told")
            }
            driver.fail([], with: nil)
            #expect(try await registry.send("GET", "/v2/a/manifests/latest").status == 404)
            let put = try await registry.client.request("PUT", "\(target)&digest=\(digest)", body: "content")
            #expect(put.status == 201)
        }
    }

    @Test("a pull is refused for what the store says", arguments: failures)
    func pull(failure: StorageError.Code, status: Int, code: String) async throws {
        let driver = ObservedDriver(MemoryDriver())
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let image = try await registry.pushImage(to: "a", as: "latest")
            driver.fail([.content, .open, .list, .metadata], with: failure)
            for path in [
                "a/manifests/latest", "a/manifests/\(image.digest)", "a/blobs/\(digest(of: "config"))", "a/tags/list",
                "_catalog", "a/referrers/\(image.digest)", "a/blobs/uploads/c7e7e1fa-39c4-4d8a-a1b4-9e7a0d6b1a2f",
            ] {
                try expectRefusal(try await registry.send("GET", "/v2/\(path)"), status, code)
            }
            driver.fail([], with: nil)
            #expect(try await registry.send("GET", "/v2/a/manifests/latest").text == image.text)
        }
    }

    @Test("each code has its status, and its message is the replaced server's", arguments: ErrorCode.allCases)
    func codes(code: ErrorCode) throws {
        let response = Response(RegistryError(code))
        #expect(response.status.code == code.status)
        guard case .bytes(let body) = response.body else { throw RegistryError(.unknown) }
        let entry = try #require(try JSONValue(parsing: body).object?["errors"]?.array?.first?.object)
        #expect(entry["code"]?.string == code.rawValue)
        #expect(entry["message"]?.string == code.message)
        #expect(response.headers[.contentType] == "application/json")
        #expect((response.headers[.retryAfter] != nil) == [429, 503].contains(code.status))
    }

    @Test("a detail is a text, an object or a list of objects")
    func details() throws {
        let details: [(ErrorDetail, String)] = [
            (.text("a\"b"), #""a\"b""#),
            (.fields([.init("Tag", "x"), .init("Name", "y")]), #"{"Tag":"x","Name":"y"}"#),
            (.list([[.init("Type", "a")], [.init("Type", "b")]]), #"[{"Type":"a"},{"Type":"b"}]"#),
        ]
        for (detail, json) in details {
            guard case .bytes(let body) = Response(RegistryError(.denied, message: "no", detail: detail)).body else {
                throw RegistryError(.unknown)
            }
            #expect(String(buffer: body) == #"{"errors":[{"code":"DENIED","message":"no","detail":\#(json)}]}"# + "\n")
        }
    }

    @Test("a body that breaks off and a stopping server have their own statuses")
    func otherErrors() {
        let statuses: [(any Error, Int)] = [
            (RequestBodyError.timedOut, 408), (RequestBodyError.disconnected, 499), (RequestBodyError.malformed, 400),
            (CancellationError(), 503), (StorageError(.closed, at: .root), 404), (WireError.timedOut, 500),
        ]
        for (error, status) in statuses { #expect(RegistryError(wrapping: error).status == status) }
    }

    @Test("a failure's detail names the operation and the system's reason, and nothing of the machine")
    func operations() {
        let failures: [(StorageError.Code, String, ErrorDetail?)] = [
            (.failed, "pwrite: Input/output error", Self.fields("pwrite", "Input/output error")),
            (.noSpace, "fsync: Disk quota exceeded", Self.fields("fsync", "Disk quota exceeded")),
            (.unavailable, "open: Stale file handle", Self.fields("open", "Stale file handle")),
            (.readOnly, "rename: /srv/registry is read-only", .fields([.init("operation", "rename")])),
            (.failed, "GET https://bucket.example/a: 500", nil), (.failed, "no reason", nil), (.failed, "", nil),
            (.notFound, "open: No such file or directory", nil),
        ]
        for (code, message, detail) in failures {
            let error = RegistryError(wrapping: StorageError(code, at: .root.appending("docker"), message))
            #expect(error.entries.first?.detail == detail, "\(message)")
        }
    }

    private static func fields(_ operation: String, _ reason: String) -> ErrorDetail {
        .fields([.init("operation", operation), .init("reason", reason)])
    }
}
