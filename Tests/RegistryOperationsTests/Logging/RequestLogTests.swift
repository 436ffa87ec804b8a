import Logging
import RegistryAuth
import RegistryHTTP
import RegistryTesting
import Testing

@testable import RegistryOperations

@Suite("Lines about requests")
struct RequestLogTests {
    /// Runs requests against a registry, and gives back the log's objects.
    private func log(
        level: Logger.Level = .info,
        access: any AccessController = OpenAccess(),
        _ body: (HTTPTestClient) async throws -> Void
    ) async throws -> [[String: Any]] {
        let captured = try Captured()
        let output = captured.output(.json, level: level)
        var setup = TestRegistry.Setup()
        setup.observer = RequestLog(output, makeID: { "id" })
        setup.access = access
        try await TestRegistry.run(setup) { try await body($0.client) }
        return try captured.objects
    }

    @Test("an answered request has the replaced server's fields")
    func completed() async throws {
        let objects = try await log { client in
            _ = try await client.request(
                "POST",
                "/v2/a/b/blobs/uploads/",
                headers: ["User-Agent": "test/1", "Referer": "http://x/", "Host": "registry.test"]
            )
        }
        let object = try #require(objects.first)
        #expect(objects.count == 1)
        #expect(object["msg"] as? String == "response completed")
        #expect(object["level"] as? String == "info")
        #expect(object["http.request.method"] as? String == "POST")
        #expect(object["http.request.uri"] as? String == "/v2/a/b/blobs/uploads/")
        #expect(object["http.request.host"] as? String == "registry.test")
        #expect(object["http.request.useragent"] as? String == "test/1")
        #expect(object["http.request.referer"] as? String == "http://x/")
        #expect((object["http.request.remoteaddr"] as? String)?.hasPrefix("127.0.0.1:") == true)
        #expect(object["http.request.id"] as? String == "id")
        #expect(object["http.response.status"] as? Int == 202)
        #expect(object["http.response.written"] as? Int == 0)
        #expect(object["vars.name"] as? String == "a/b")
        #expect(object["http.response.duration"] is String)
    }

    @Test("the client that a proxy names is the one who asked, if it is an address")
    func proxied() async throws {
        let objects = try await log { client in
            _ = try await client.request("GET", "/v2/", headers: ["X-Forwarded-For": "10.0.0.7, 10.0.0.8"])
            _ = try await client.request("GET", "/v2/", headers: ["X-Forwarded-For": "x\" y", "X-Real-Ip": "::1"])
            _ = try await client.request("GET", "/v2/", headers: ["X-Forwarded-For": "somebody"])
        }
        let addresses = objects.compactMap { $0["http.request.remoteaddr"] as? String }
        #expect(addresses.prefix(2) == ["10.0.0.7", "::1"])
        #expect(addresses.last?.hasPrefix("127.0.0.1:") == true)
    }

    @Test("an upload that breaks off is told with what is known of it")
    func broken() async throws {
        let captured = try Captured()
        var setup = TestRegistry.Setup()
        setup.observer = RequestLog(captured.output(.json))
        try await TestRegistry.run(setup) { registry in
            let started = try await registry.client.request("POST", "/v2/a/blobs/uploads/")
            let location = try #require(started.headers["Location"])
            let path = try #require(location.firstRange(of: "/v2/")).lowerBound
            let client = try await registry.connect()
            try await client.send(
                "PATCH \(location[path...]) HTTP/1.1\r\nHost: r\r\nContent-Length: 100\r\n\r\nonly this"
            )
            try await client.finishSending()
            _ = try await client.readToEnd()
            await client.close()
        }
        let last = try #require(try captured.objects.last)
        #expect(last["msg"] as? String == "response completed with error")
        #expect(last["vars.uuid"] is String)
    }

    @Test("a refusal has its code, message and detail")
    func refused() async throws {
        let objects = try await log { client in _ = try await client.request("GET", "/v2/a/manifests/none") }
        let object = try #require(objects.first)
        #expect(object["msg"] as? String == "response completed with error")
        #expect(object["level"] as? String == "error")
        #expect(object["err.code"] as? String == "manifest unknown")
        #expect((object["err.message"] as? String)?.hasPrefix("manifest unknown") == true)
        #expect(object["http.response.status"] as? Int == 404)
        #expect(object["vars.reference"] as? String == "none")
        #expect(object["http.response.contenttype"] as? String == "application/json")
    }

    @Test("a caller who logged in is named, and one who must log in is told apart")
    func authorized() async throws {
        let silly = SillyController(realm: "r", service: "s")
        let objects = try await log(access: silly) { client in
            _ = try await client.request("GET", "/v2/")
            _ = try await client.request("GET", "/v2/", headers: ["Authorization": "anything"])
        }
        #expect(
            objects.compactMap { $0["msg"] as? String } == [
                "error authorizing context: authentication required", "authorized request", "response completed",
            ]
        )
        #expect(objects.compactMap { $0["auth.user.name"] as? String } == ["silly", "silly"])
    }

    @Test("nothing is written below the level, and nothing of what is outside of the API")
    func level() async throws {
        let objects = try await log(level: .error) { client in
            _ = try await client.request("GET", "/v2/")
            _ = try await client.request("GET", "/")
            _ = try await client.request("GET", "/favicon.ico")
        }
        #expect(objects.isEmpty)
    }
}
