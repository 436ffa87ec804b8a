import HTTPTypes
import NIOCore
import NIOPosix
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryHTTP

/// Connections that end: by the client, in an orderly way or not, and by the server.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionEndTests {
    @Test("a client that closes its sending side after a request gets its answer")
    func answersHalfClosed() async throws {
        let gate = Gate()
        let responder = ClosureResponder { _, _ in
            await gate.pass()
            return Response(.ok, body: .bytes(ByteBuffer(string: "late")))
        }
        try await withServer(responder) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.finishSending()
            await gate.arrival()
            gate.open()
            let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(text.hasSuffix("late"))
        }
    }

    @Test("a client that disconnects ends the reading of its content, not the responder")
    func endsReading() async throws {
        let errors = Mutex<[RequestBodyError?]>([])
        let pieces = Mutex(0)
        let responder = ClosureResponder { _, body in
            do {
                while try await body.next() != nil { pieces.withLock { $0 += 1 } }
            } catch {
                errors.withLock { $0.append(error as? RequestBodyError) }
            }
            return Response(.ok)
        }
        try await withServer(responder) { server in
            for (count, isReset) in [false, true].enumerated() {
                let client = try await server.connect()
                try await client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
                // A reset throws away what the server has not read yet, the whole request perhaps.
                try await untilTrue { pieces.withLock { $0 } == count + 1 }
                if isReset { await client.reset() } else { await client.close() }
            }
            try await untilTrue { errors.withLock { $0.count } == 2 }
            #expect(errors.withLock { $0 } == [.disconnected, .disconnected])
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }

    @Test("content that a responder reads on another executor arrives like any other")
    func servesOtherExecutors() async throws {
        let reader = ElsewhereReader()
        let responder = ClosureResponder { _, body in
            Response(.ok, body: .bytes(ByteBuffer(string: "\(await reader.count(body))")))
        }
        try await withServer(responder) { server in
            let answer = try await server.client.request("PUT", "/", body: [UInt8](repeating: 1, count: 3_000_000))
            #expect(answer.text == "3000000")
        }
    }

    @Test("clients that vanish at any moment leave a server that serves")
    func survivesDisconnects() async throws {
        let content = try TestContent(megabytes: 2)
        let echo = EchoResponder()
        let responder = ClosureResponder { request, body in
            switch request.path {
            case "/file": content.response(.file)
            case "/object": content.response(.object)
            default: await echo.respond(to: request, body: body, from: Peer())
            }
        }
        let requests = [
            "GET /file HTTP/1.1\r\nHost: a\r\n\r\n", "GET /object HTTP/1.1\r\nHost: a\r\n\r\n",
            "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "x", count: 5000),
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + String(repeating: "x", count: 9000),
            "PUT /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
            "nonsense\r\n\r\n",
        ]
        try await withServer(responder) {
            $0.timeouts.linger = .milliseconds(100)
        } _: { server in
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<200 {
                let client = try await server.connect(timeout: .milliseconds(20))
                let text = (0..<Int.random(in: 1...3, using: &generator)).compactMap { _ in requests.randomElement() }
                let bytes = Array(text.joined().utf8)
                try? await client.send(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
                if Bool.random() { _ = try? await client.receive() }
                if Bool.random() { await client.reset() } else { await client.close() }
            }
            let answer = try await server.client.request("GET", "/alive")
            #expect(answer.status == 200)
            try await untilTrue { server.server.connectionCount <= 1 }
        }
    }

    @Test("a connection beyond the limit waits for another to end")
    func limitsConnections() async throws {
        try await withServer {
            $0.limits.connections = 2
        } _: { server in
            var held: [RawClient] = []
            for _ in 0..<2 {
                let client = try await server.connect()
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try await client.readResponse()
                #expect(answer.status == 200)
                held.append(client)
            }
            let third = try await server.connect()
            try await third.send("GET /third HTTP/1.1\r\nHost: a\r\n\r\n")
            try await untilTrue { server.log.exchanges.count >= 2 }
            #expect(server.log.exchanges.count == 2)
            for client in held { await client.close() }
            let answer = try await third.readResponse()
            #expect(answer.text == "GET /third a")
            await third.close()
        }
    }

    @Test("as many connections as there may be are all served, those too that come at one moment")
    func servesUpToLimit() async throws {
        try await withServer {
            $0.limits.connections = 4
        } _: { server in
            for _ in 0..<100 {
                let clients = try await withThrowingTaskGroup(of: RawClient.self) { group in
                    for _ in 0..<4 { group.addTask { try await server.connect() } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                for client in clients { try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
                for client in clients {
                    let answer = try await client.readResponse()
                    #expect(answer.status == 200)
                }
                for client in clients { await client.close() }
                try await untilTrue { server.server.connectionCount == 0 }
            }
        }
    }
}

/// Reads content on an event loop of its own, away from the connection's.
actor ElsewhereReader {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    func count(_ body: RequestBody) async -> Int {
        var count = 0
        while let part = try? await body.next() { count += part.readableBytes }
        return count
    }
}
