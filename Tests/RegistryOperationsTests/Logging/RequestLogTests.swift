import HTTPTypes
import Logging
import RegistryAuth
import RegistryCore
import RegistryTesting
import ShellSupport
import Testing

@testable import RegistryHTTP
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

    @Test("lines that are written without fields are byte by byte what fields would have made")
    func lineWithoutFields() throws {
        var state: UInt64 = 7
        func any<Value>(_ values: [Value]) -> Value {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return values[Int(state >> 33) % values.count]
        }
        let texts = [
            "", "plain", "with space", "with \"quotes\"", "µ\u{1}\\", "a=b", String(repeating: "x", count: 300),
        ]
        let paths = [
            "/v2/", "/v2/a/tags/list?n=3", "/v2/a/b/manifests/latest",
            "/v2/a/blobs/sha256:" + String(repeating: "0", count: 64),
            "/v2/a/blobs/uploads/1-2", "/v2/_catalog", "/v2/A/manifests/x",
        ]
        let names = [
            "a", "auth.user.name2", "http", "http.request.hos", "instance.id", "level", "vars", "version", "with space",
        ]
        for round in 0..<2_000 {
            let captured = try Captured()
            let fields = names.filter { _ in any([true, false]) }.map { ($0, any(texts)) }
            let output = captured.output(.text, fields: Dictionary(uniqueKeysWithValues: fields))
            var request = HTTPRequest(
                method: any([.get, .put]),
                scheme: "http",
                authority: any([nil] + texts),
                path: any(paths)
            )
            request.headerFields[.contentType] = any([nil, "application/json", "text/html; charset=utf-8"])
            request.headerFields[.referer] = any([nil, "http://x/"])
            request.headerFields[.userAgent] = any([nil, "curl/8.0", "containers/5.24.1 (github.com/containers/image)"])
            var notes = ResponseNotes()
            notes.principal = any([nil, Principal(name: any(texts))])
            notes.forwardedAddress = any([nil, "10.0.0.7"])
            notes.route = Route(method: request.method, path: request.path ?? "")
            var headers = HTTPFields()
            headers[.contentType] = any([String?.none, "application/vnd.oci.image.manifest.v1+json"])
            let exchange = Exchange(
                request: request,
                peer: Peer(address: any([nil, "127.0.0.1:4", "[::1]:5"])),
                status: any([200, 206, 307, 399]),
                headers: headers,
                notes: notes,
                bytesSent: any([0, 9, 10, .max]),
                bytesReceived: 0,
                duration: .nanoseconds(any([0, 1, 999, 1_000, 12_340, 999_999, 1_000_000, 2_500_000_000, round])),
                isComplete: true
            )
            let line = try #require(RequestLine(output))
            let exchanges = [exchange]
            RequestLog(output, makeID: { "id" }).exchangesFinished(exchanges.span)
            let slow = try captured.lines
            RequestLog(output, line: line, makeID: { "id" }).exchangesFinished(exchanges.span)
            #expect(try captured.lines.dropFirst(slow.count) == slow[...])
            #expect(!slow.isEmpty)
        }
    }

    /// Answers of one turn, a third of which were refusals, and a third were to somebody who is logged in.
    private var turn: [Exchange] {
        (0..<300).map { number in
            var notes = ResponseNotes()
            if number % 3 == 1 { notes.error = RegistryError(.manifestUnknown) }
            if number % 3 == 2 { notes.principal = Principal(name: "user") }
            let path = "/v2/a/manifests/\(number)"
            notes.route = Route(method: .get, path: path)
            return Exchange(
                request: number == 150 ? nil : HTTPRequest(method: .get, scheme: "http", authority: "r", path: path),
                peer: Peer(address: "127.0.0.1:4"),
                status: notes.error == nil ? 200 : 404,
                notes: notes,
                bytesSent: 9,
                bytesReceived: 0,
                duration: .milliseconds(2),
                isComplete: true
            )
        }
    }

    @Test("of several answers there are the same lines, in the same order", arguments: [LogFormat.text, .json])
    func severalAtOnce(format: LogFormat) throws {
        let (single, several) = (try Captured(), try Captured())
        let turn = turn
        for (captured, atOnce) in [(single, false), (several, true)] {
            let output = captured.output(format, level: .debug)
            let log = RequestLog(output, line: RequestLine(output), makeID: { "id" })
            let observer = try #require(CombinedObserver([log]))
            for exchanges in atOnce ? [turn] : turn.map({ [$0] }) { observer.exchangesFinished(exchanges.span) }
        }
        let lines = try single.lines
        #expect(lines.count == 400)
        #expect(try several.lines == lines)
    }

    @Test("of several answers the access log has the same lines, in the same order")
    func severalInAccessLog() throws {
        let (single, several) = (try Captured(), try Captured())
        let time = LogTime(seconds: 1_767_323_045, nanoseconds: 5)
        let turn = turn
        for exchange in turn {
            let exchanges = [exchange]
            AccessLog(single.writer, time: { time }).exchangesFinished(exchanges.span)
        }
        AccessLog(several.writer, time: { time }).exchangesFinished(turn.span)
        let lines = try single.lines
        #expect(lines.count == turn.count)
        #expect(try several.lines == lines)
    }

    @Test("each line that a reader is too slow for is counted, also of several at once")
    func severalDropped() throws {
        let captured = try Captured(capacity: 1_000)
        AccessLog(captured.writer).exchangesFinished(turn.span)
        #expect(captured.writer.dropped == turn.count)
    }

    @Test(
        "where a line names its caller, is heard of elsewhere, is JSON, or a field of its own has one of its names, it is written by fields"
    )
    func otherForms() throws {
        let captured = try Captured()
        #expect(RequestLine(captured.output(.text)) != nil)
        #expect(RequestLine(captured.output(.json)) == nil)
        #expect(RequestLine(captured.output(.logstash)) == nil)
        #expect(RequestLine(captured.output(.text, reportsCaller: true)) == nil)
        #expect(RequestLine(captured.output(.text, fields: ["http.request.uri": "x"])) == nil)
        #expect(RequestLine(captured.output(.text, fields: ["vars.mine": "x"])) == nil)
    }
}
