import HTTPTypes
import NIOCore
import NIOHPACK
import RegistryCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryHTTP

/// Requests and answers on streams of HTTP/2, without TLS.
@Suite(.timeLimit(.minutes(1)))
struct HTTP2ExchangeTests {
    @Test("a request is answered with its own head, without the fields of a connection")
    func answers() async throws {
        let responder = ClosureResponder { request, _ in
            let text = "\(request.method) \(request.path ?? "-") \(request.authority ?? "-") \(request.scheme ?? "-")"
            let headers: HTTPFields = [.connection: "close", .contentType: "text/plain", .date: "never"]
            return Response(.ok, headers: headers, body: .bytes(ByteBuffer(string: text)))
        }
        try await withHTTP2Server(responder) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "GET", "/v2/?n=1")
            let answer = try await client.answer(1)
            #expect(answer.status == "200")
            #expect(answer.text == "GET /v2/?n=1 registry:1 http")
            #expect(answer.headers["content-length"] == ["28"])
            #expect(answer.headers["connection"].isEmpty)
            #expect(answer.headers["date"].count == 1)
            #expect(answer.headers["date"] != ["never"])
            try await untilTrue { server.log.exchanges.count == 1 }
            let exchange = try #require(server.log.exchanges.first)
            #expect(exchange.status == 200)
            #expect(exchange.bytesSent == 28)
            #expect(exchange.isComplete)
            #expect(exchange.peer.address != nil)
            await client.raw.close()
        }
    }

    @Test("HEAD gives the length and no content, as do answers that can't have any")
    func answersHead() async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "HEAD", "/bytes/1234")
            let head = try await client.answer(1)
            #expect(head.headers["content-length"] == ["1234"])
            #expect(head.body.isEmpty)
            try await client.request(3, "GET", "/status/204")
            let empty = try await client.answer(3)
            #expect(empty.status == "204")
            #expect(empty.headers["content-length"].isEmpty)
            #expect(empty.body.isEmpty)
            await client.raw.close()
        }
    }

    @Test("HTTP/1.1 is spoken on the same port, also when its first bytes come one by one")
    func keepsHTTP1() async throws {
        try await withHTTP2Server { server in
            let answer = try await server.client.request("GET", "/bytes/3")
            #expect(answer.text == "aaa")
            let client = try await server.connect()
            try await client.send("P")
            try await client.send("UT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let other = try await client.readResponse()
            #expect(other.status == 200)
            let slow = HTTP2Client(try await server.connect())
            for character in HTTP2Client.preface { try await slow.raw.send(String(character)) }
            try await slow.send(type: 4)
            try await slow.request(1)
            let third = try await slow.answer(1)
            #expect(third.status == "200")
            await slow.raw.close()
        }
    }

    @Test("streams are answered side by side")
    func answersInParallel() async throws {
        let gate = Gate()
        let responder = ClosureResponder { request, _ in
            if request.path == "/slow" { await gate.pass() }
            return Response(.ok, body: .bytes(ByteBuffer(string: request.path ?? "")))
        }
        try await withHTTP2Server(responder) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "GET", "/slow")
            await gate.arrival()
            for stream in stride(from: UInt32(3), through: 101, by: 2) {
                try await client.request(stream, "GET", "/\(stream)")
                let answer = try await client.answer(stream)
                #expect(answer.text == "/\(stream)")
            }
            gate.open()
            let slow = try await client.answer(1)
            #expect(slow.text == "/slow")
            await client.raw.close()
        }
    }

    @Test("16 MiB are sent whole from wherever they come", arguments: Source.allCases)
    func sendsLargeContent(source: Source) async throws {
        let content = try TestContent(megabytes: 16)
        try await withHTTP2Server(ClosureResponder { _, _ in content.response(source) }) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1)
            let answer = try await client.answer(1)
            #expect(ByteBuffer(bytes: answer.body) == content.bytes)
            try await untilTrue { server.log.exchanges.map(\.bytesSent) == [16_777_216] }
            await client.raw.close()
        }
    }

    @Test("an object that breaks off resets its stream, and one that can't be read at all is answered with 500")
    func resetsBrokenObjects() async throws {
        let content = try TestContent(megabytes: 4)
        let responder = ClosureResponder { request, _ in
            let object = TestObject(bytes: content.bytes, failsAt: request.path == "/begun" ? 1_000_000 : 0)
            return Response(.ok, body: .object(object, 0..<object.size))
        }
        try await withHTTP2Server(responder) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "GET", "/begun")
            let begun = try await client.answer(1)
            #expect(begun.reset == 2)
            #expect(begun.body.count < 4 * 1024 * 1024)
            try await client.request(3, "GET", "/none")
            let none = try await client.answer(3)
            #expect(none.status == "500")
            #expect(none.text.contains("UNKNOWN"))
            await client.raw.close()
        }
    }

    @Test("content is received with its trailer ignored, and after a 100 where the client waits for it")
    func receivesContent() async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "PUT", "/echo", headers: [("expect", "100-continue")], isLast: false)
            let interim = try await client.next(type: 1)
            #expect(!interim.endsStream)
            try await client.data(1, Array("hello".utf8), isLast: false)
            try await client.requestHeaders(1, [("checksum", "none")])
            let answer = try await client.answer(1)
            #expect(answer.text == "hello")
            await client.raw.close()
        }
    }

    @Test("an early answer leaves the connection usable, whether its content is thrown away or refused")
    func disposesOfContent() async throws {
        try await withHTTP2Server {
            $0.timeouts.linger = .milliseconds(50)
        } _: { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "PUT", "/early", isLast: false)
            try await client.data(1, [1, 2, 3], isLast: true)
            let small = try await client.answer(1)
            #expect(small.status == "401")
            try await client.request(3, "PUT", "/early", headers: [("content-length", "99999999")], isLast: false)
            let large = try await client.answer(3)
            #expect(large.status == "401")
            let reset = try await client.next(type: 3)
            #expect(reset.stream == 3)
            #expect(reset.code == 0)
            try await client.request(5)
            let next = try await client.answer(5)
            #expect(next.status == "200")
            await client.raw.close()
        }
    }
}

/// Runs a server that speaks HTTP/2 without TLS while a test's body runs.
func withHTTP2Server(
    _ responder: some Responder = EchoResponder(),
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (ServerHarness) async throws -> Void
) async throws {
    try await withServer(responder) {
        $0.isH2CEnabled = true
        configure(&$0)
    } _: {
        try await body($0)
    }
}
