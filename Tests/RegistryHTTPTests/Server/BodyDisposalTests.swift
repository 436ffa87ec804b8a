import HTTPTypes
import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

/// What becomes of a request's content that the responder did not ask for, and of clients that wait to be asked.
@Suite(.timeLimit(.minutes(1)))
struct BodyDisposalTests {
    @Test("100 Continue is sent when the content is first read")
    func sendsContinue() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
            let interim = try await client.readResponse(skipsInformational: false)
            #expect(interim.status == 100)
            try await client.send("abc")
            let answer = try await client.readResponse(skipsInformational: false)
            #expect(answer.status == 200)
            #expect(answer.text == "abc")
            #expect(answer.headers["Connection"] == nil)
            await client.close()
        }
    }

    @Test("an early answer to a client that waits to be asked is final, and the connection closes")
    func refusesBeforeContinue() async throws {
        try await withServer { server in
            let text = try await server.answer(
                to: "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(text.hasPrefix("HTTP/1.1 401 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("HTTP/1.0 gets no 100 Continue")
    func ignoresExpectationOfHTTP10() async throws {
        try await withServer { server in
            let text = try await server.answer(
                to: "PUT /echo HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
            )
            #expect(text.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("a short rest of content is read and thrown away, and the connection goes on", arguments: [true, false])
    func discardsShortRests(isChunked: Bool) async throws {
        try await withServer { server in
            let client = try await server.connect()
            let content = String(repeating: "x", count: 100_000)
            let framing =
                isChunked
                ? "Transfer-Encoding: chunked\r\n\r\n186a0\r\n\(content)\r\n0\r\n\r\n"
                : "Content-Length: 100000\r\n\r\n\(content)"
            try await client.send(
                "PUT /early HTTP/1.1\r\nHost: a\r\n" + framing + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            let early = try await client.readResponse()
            #expect(early.status == 401)
            #expect(early.headers["Connection"] == nil)
            let next = try await client.readResponse()
            #expect(next.text == "GET /next a")
            await client.close()
        }
    }

    @Test("a client that goes on sending much gets the answer, not a reset")
    func answersWhileReceiving() async throws {
        try await withServer { server in
            let client = try await server.connect()
            let head = "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"
            try await client.send(Array(head.utf8) + [UInt8](repeating: 0, count: 8 * 1024 * 1024))
            let answer = try await client.readResponse()
            #expect(answer.status == 401)
            #expect(answer.headers["Connection"] == "close")
            let rest = try await client.readToEnd()
            #expect(rest.isEmpty)
            await client.close()
        }
    }

    @Test("an endless chunked rest ends the connection after the answer")
    func endsEndlessRests() async throws {
        try await withServer {
            $0.timeouts.linger = .milliseconds(200)
        } _: { server in
            let client = try await server.connect()
            try await client.send("PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            for _ in 0..<16 { try? await client.send(chunk) }
            let answer = try await client.readResponse()
            #expect(answer.status == 401)
            let rest = try await client.readToEnd()
            #expect(rest.isEmpty)
            await client.close()
        }
    }

    @Test("a body that is kept beyond its answer gives an error, not the next request's content")
    func guardsStaleBodies() async throws {
        let kept = KeptBody()
        let responder = ClosureResponder { request, body in
            if request.path == "/keep" {
                kept.store(body)
                return Response(.ok)
            }
            do {
                _ = try await kept.take()?.next()
                return Response(.internalServerError)
            } catch {
                return Response(error as? RequestBodyError == .disconnected ? .ok : .internalServerError)
            }
        }
        try await withServer(responder) { server in
            let client = server.client
            let first = try await client.request("PUT", "/keep", body: "first")
            #expect(first.status == 200)
            let second = try await client.request("PUT", "/read", body: "second")
            #expect(second.status == 200)
        }
    }
}
