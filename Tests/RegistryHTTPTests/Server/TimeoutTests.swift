import HTTPTypes
import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

/// Clients that are slow, or silent, or do not listen.
@Suite(.timeLimit(.minutes(1)))
struct TimeoutTests {
    @Test("a head that does not become complete is answered with 408")
    func endsSlowHeads() async throws {
        try await withServer {
            $0.timeouts.head = .seconds(2)
        } _: { server in
            let text = try await server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n")
            #expect(text.hasPrefix("HTTP/1.1 408 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.hasSuffix("\"}]}\n"))
        }
    }

    @Test("a head that drips in has no more time than one that stops")
    func endsDrippingHeads() async throws {
        try await withServer {
            $0.timeouts.head = .seconds(2)
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await client.readResponse()
            #expect(first.status == 200)
            // One byte at a time, for far longer than is allowed unless the server ends it.
            let answer = try await withThrowingTaskGroup(of: TestResponse?.self) { group in
                group.addTask {
                    for byte in "GET / HTTP/1.1\r\nX: ".utf8 + [UInt8](repeating: 0x61, count: 2000) {
                        try? await client.send([byte])
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    return nil
                }
                group.addTask { try await client.readResponse() }
                let answer = try await group.next()
                group.cancelAll()
                return answer ?? nil
            }
            #expect(answer?.status == 408)
            await client.close()
        }
    }

    @Test("a connection on which nothing was ever sent is closed without an answer")
    func endsSilentConnections() async throws {
        try await withServer {
            $0.timeouts.head = .milliseconds(100)
        } _: { server in
            let client = try await server.connect()
            let bytes = try await client.readToEnd()
            #expect(bytes.isEmpty)
            #expect(server.log.exchanges.isEmpty)
        }
    }

    @Test("an idle connection is closed without an answer")
    func endsIdleConnections() async throws {
        try await withServer {
            $0.timeouts.idle = .milliseconds(100)
        } _: { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.readResponse()
            #expect(answer.status == 200)
            let rest = try await client.readToEnd()
            #expect(rest.isEmpty)
        }
    }

    @Test("content that stops is answered with 408, whatever the responder makes of it")
    func endsStoppedContent() async throws {
        try await withServer {
            $0.timeouts.body = .milliseconds(150)
        } _: { server in
            let text = try await server.answer(to: "PUT /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            #expect(text.hasPrefix("HTTP/1.1 408 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            try await untilTrue { server.log.exchanges.count >= 1 }
            #expect(server.log.exchanges.map(\.bytesReceived) == [3])
        }
    }

    @Test("content that only drips is answered with 408 too")
    func endsDrippingContent() async throws {
        try await withServer {
            $0.timeouts.body = .milliseconds(200)
            $0.timeouts.minimumBodyRate = 10_000
        } _: { server in
            let client = try await server.connect()
            try await client.send("PUT /count HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let answer = try await withThrowingTaskGroup(of: TestResponse?.self) { group in
                group.addTask {
                    for _ in 0..<500 {
                        try? await client.send("x")
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    return nil
                }
                group.addTask { try await client.readResponse() }
                let answer = try await group.next()
                group.cancelAll()
                return answer ?? nil
            }
            #expect(answer?.status == 408)
            await client.close()
        }
    }

    @Test("time in which the responder does not read is not held against the client")
    func sparesWaitingClients() async throws {
        let gate = Gate()
        let complete = Gate()
        let responder = ClosureResponder { _, body in
            await gate.pass()
            var count = 0
            while let part = try? await body.next() { count += part.readableBytes }
            return Response(.ok, body: .bytes(ByteBuffer(string: "\(count)")))
        }
        try await withServer(responder) {
            $0.timeouts.body = .milliseconds(100)
            $0.timeouts.idle = .milliseconds(100)
            $0.onBuffered = { held in
                // All six bytes are there, and nobody has read one of them.
                if held >= 6 + 2 * HTTP1Handler.allowance { complete.open() }
            }
        } _: { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            await gate.arrival()
            try await Task.sleep(for: .milliseconds(200))
            try await client.send("def")
            await complete.pass()
            gate.open()
            let answer = try await client.readResponse()
            #expect(answer.text == "6")
            await client.close()
        }
    }

    @Test(
        "a client that takes an answer slowly but steadily gets it whole",
        arguments: [Source.memory, .file, .object]
    )
    func sparesSlowReaders(source: Source) async throws {
        let content = try TestContent(megabytes: 4)
        try await withServer(ClosureResponder { _, _ in content.response(source) }) {
            $0.timeouts.response = .seconds(3)
            $0.filePieceBytes = 4 * 1024 * 1024
        } _: { server in
            let client = try await RawClient.connect(port: server.address.port ?? 0, receiveBuffer: 32_768)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try await client.readHead()
            var left = Int(head.headers["Content-Length"] ?? "") ?? 0
            while left > 0, let part = try await client.receive() {
                left -= part.readableBytes
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(left == 0)
            await client.close()
        }
    }

    @Test("a client that takes nothing of an answer loses the connection", arguments: [Source.memory, .file, .object])
    func endsStalledAnswers(source: Source) async throws {
        let content = try TestContent(megabytes: 64)
        try await withServer(ClosureResponder { _, _ in content.response(source) }) {
            $0.timeouts.response = .milliseconds(150)
        } _: { server in
            let client = try await RawClient.connect(port: server.address.port ?? 0, receiveBuffer: 16_384)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await untilTrue { !server.log.exchanges.isEmpty }
            #expect(server.log.exchanges.map(\.isComplete) == [false])
            await client.close()
        }
    }
}

/// Waits for a condition.
func untilTrue(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
