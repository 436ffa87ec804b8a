import HTTPTypes
import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite(.timeLimit(.minutes(1)))
struct BasicExchangeTests {
    @Test("white space behind a field's value is not part of it, and every status has its phrase")
    func trimsValues() async throws {
        let responder = ClosureResponder { request, _ in
            Response(request.headerFields[.range] == "bytes=0-1" ? .init(code: 404) : .ok)
        }
        try await withServer(responder) { server in
            let answer = try await server.answer(
                to: "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1 \t\r\nConnection: close\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        }
    }

    @Test("a request is answered with its length, a date and no server name")
    func answersOnce() async throws {
        try await withServer { server in
            let answer = try await server.client.request("GET", "/v2/?a=b%20c")
            #expect(answer.status == 200)
            #expect(answer.text == "GET /v2/?a=b%20c 127.0.0.1:\(server.address.port ?? 0)")
            #expect(answer.headers["Content-Length"] == "\(answer.body.count)")
            #expect(answer.headers["Date"]?.hasSuffix(" GMT") == true)
            #expect(answer.headers["Server"] == nil)
            #expect(answer.headers["Connection"] == nil)
        }
    }

    @Test("content of a known length and chunked content reach the responder alike")
    func echoes() async throws {
        try await withServer { server in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            let whole = try await server.client.request("PUT", "/echo", body: bytes)
            #expect(whole.body == bytes)
            let parts = stride(from: 0, to: bytes.count, by: 7001).map {
                Array(bytes[$0..<min($0 + 7001, bytes.count)])
            }
            let chunked = try await server.client.request("PATCH", "/echo", body: .chunks(parts))
            #expect(chunked.body == bytes)
        }
    }

    @Test("a connection serves one request after the other")
    func keepsConnections() async throws {
        try await withServer { server in
            let client = server.client
            for number in 0..<20 {
                let answer = try await client.request("POST", "/echo", body: "\(number)")
                #expect(answer.text == "\(number)")
            }
            #expect(server.server.connectionCount == 1)
        }
    }

    @Test("a HEAD request is answered with the length of the GET and without content")
    func answersHead() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send(
                "HEAD /bytes/1234 HTTP/1.1\r\nHost: a\r\n\r\nGET /bytes/3 HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            let head = try await client.readResponse(toHead: true)
            #expect(head.headers["Content-Length"] == "1234")
            let get = try await client.readResponse()
            #expect(get.text == "aaa")
            await client.close()
        }
    }

    @Test("a status that has no content is sent without content and without a length", arguments: [204, 304])
    func omitsContent(status: Int) async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send(
                "GET /status/\(status) HTTP/1.1\r\nHost: a\r\n\r\nGET /bytes/3 HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            let answer = try await client.readResponse()
            #expect(answer.status == status)
            #expect(answer.headers["Content-Length"] == nil)
            let next = try await client.readResponse()
            #expect(next.text == "aaa")
            await client.close()
        }
    }

    @Test("a hundred requests sent at once are answered in order")
    func pipelines() async throws {
        try await withServer { server in
            let client = try await server.connect()
            let requests = (0..<100).map {
                $0 % 3 == 0
                    ? "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \("\($0)".utf8.count)\r\n\r\n\($0)"
                    : "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n"
            }
            try await client.send(requests.joined())
            for number in 0..<100 {
                let answer = try await client.readResponse()
                #expect(answer.text == (number % 3 == 0 ? "\(number)" : "GET /\(number) a"))
            }
            await client.close()
        }
    }

    @Test("far more requests sent at once than may wait are all answered")
    func pipelinesBeyondTheBound() async throws {
        try await withServer {
            $0.limits.pipelinedRequests = 4
        } _: { server in
            let client = try await server.connect()
            try await client.send((0..<5000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 0..<5000 {
                let answer = try await client.readResponse()
                guard answer.text == "GET /\(number) a" else {
                    Issue.record("\(answer.text) is not the answer to \(number)")
                    break
                }
            }
            await client.close()
        }
    }

    @Test("HTTP/1.0 closes after an answer unless it asks for more")
    func servesHTTP10() async throws {
        try await withServer { server in
            let closed = try await server.answer(to: "GET /a HTTP/1.0\r\n\r\n")
            #expect(closed.contains("\r\nConnection: close\r\n"))
            #expect(closed.hasSuffix("GET /a -"))
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
                let answer = try await client.readResponse()
                #expect(answer.headers["Connection"] == "keep-alive")
                #expect(answer.text == "GET /a h")
            }
            await client.close()
        }
    }

    @Test("a client that asks to close is told so and the connection closes")
    func closesOnRequest() async throws {
        try await withServer { server in
            let text = try await server.answer(to: "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(text.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("an upgrade is not followed: the request is answered and the connection closes")
    func ignoresUpgrade() async throws {
        try await withServer { server in
            let text = try await server.answer(
                to: "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
            )
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("GET /a h"))
        }
    }

    @Test("a target with an authority prevails over the Host field")
    func takesAbsoluteTargets() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send("GET http://other:5000/v2/?x HTTP/1.1\r\nHost: h\r\n\r\n")
            let whole = try await client.readResponse()
            #expect(whole.text == "GET /v2/?x other:5000")
            try await client.send("GET HTTPS://other HTTP/1.1\r\nHost: h\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
            let bare = try await client.readResponse()
            #expect(bare.text == "GET / other")
            let asterisk = try await client.readResponse()
            #expect(asterisk.text == "OPTIONS * h")
            await client.close()
        }
    }

    @Test("every answer is reported once, with what was sent and received")
    func reports() async throws {
        try await withServer { server in
            let client = server.client
            _ = try await client.request("PUT", "/count", body: Array(repeating: 0, count: 1000))
            _ = try await client.request("HEAD", "/bytes/77")
            _ = try await server.answer(to: "nonsense\r\n\r\n")
            try await untilTrue { server.log.exchanges.count >= 1 }
            let exchanges = server.log.exchanges
            #expect(exchanges.map(\.status) == [200, 200, 400])
            #expect(exchanges.map(\.bytesReceived) == [1000, 0, 0])
            #expect(exchanges.map(\.bytesSent)[..<2] == [4, 0])
            #expect(exchanges.allSatisfy { $0.isComplete })
            #expect(exchanges.map { $0.request?.path } == ["/count", "/bytes/77", nil])
            #expect(exchanges.first?.peer.address?.hasPrefix("127.0.0.1:") == true)
        }
    }
}
