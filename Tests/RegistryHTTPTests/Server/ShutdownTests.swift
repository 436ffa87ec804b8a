import HTTPTypes
import NIOCore
import RegistryTesting
import ServiceLifecycle
import Testing

@testable import RegistryHTTP

/// What happens when the server is told to stop.
@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test("idle connections are closed, the request under way is answered, and new ones are refused")
    func drains() async throws {
        let gate = Gate()
        let responder = ClosureResponder { request, _ in
            if request.path == "/slow" { await gate.pass() }
            return Response(.ok, body: .bytes(ByteBuffer(string: "done")))
        }
        try await withServer(responder) { server in
            let idle = try await server.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await idle.readResponse()
            #expect(first.status == 200)
            let busy = try await server.connect()
            try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await gate.arrival()
            await server.shutDown()
            let nothing = try await idle.readToEnd()
            #expect(nothing.isEmpty)
            await #expect(throws: (any Error).self) {
                let late = try await server.connect()
                try await late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await late.readResponse()
            }
            gate.open()
            let answer = try await busy.readResponse()
            #expect(answer.text == "done")
            #expect(answer.headers["Connection"] == "close")
            let rest = try await busy.readToEnd()
            #expect(rest.isEmpty)
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }

    @Test("content that is arriving when the server is told to stop is taken whole")
    func drainsUploads() async throws {
        try await withServer { server in
            let idle = try await server.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await idle.readResponse()
            #expect(first.status == 200)
            let client = try await server.connect()
            try await client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
            let interim = try await client.readResponse(skipsInformational: false)
            #expect(interim.status == 100)
            await server.shutDown()
            let nothing = try await idle.readToEnd()
            #expect(nothing.isEmpty)
            try await client.send("abcdef")
            let answer = try await client.readResponse()
            #expect(answer.text == "abcdef")
            #expect(answer.headers["Connection"] == "close")
        }
    }

    @Test("a request that does not end within the time allowed is cut off")
    func endsAtDeadline() async throws {
        let responder = ClosureResponder { _, body in
            while (try? await body.next()) ?? nil != nil {}
            return Response(.ok)
        }
        try await withServer(responder) {
            $0.timeouts.drain = .milliseconds(100)
        } _: { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
            let interim = try await client.readResponse(skipsInformational: false)
            #expect(interim.status == 100)
            await server.shutDown()
            await #expect(throws: WireError.self) { try await client.readResponse() }
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }

    @Test("a server that can't listen says so")
    func reportsBindFailure() async throws {
        try await withServer { server in
            await #expect(throws: (any Error).self) {
                try await withServer {
                    $0.port = server.address.port ?? 0
                } _: { _ in
                }
            }
        }
    }
}
