import HTTPTypes
import NIOCore
import RegistryCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryHTTP

/// How HTTP/2 holds either side back, and what it does about those who take too long.
@Suite(.timeLimit(.minutes(1)))
struct HTTP2FlowTests {
    @Test(
        "a responder that does not read stops the client, and the server holds its window and no more",
        arguments: [true, false]
    )
    func stopsClient(hasSettings: Bool) async throws {
        let gate = Gate()
        let peak = Mutex(0)
        let responder = ClosureResponder { _, body in
            var count = 0
            if let first = try? await body.next() { count += first.readableBytes }
            await gate.pass()
            while let part = try? await body.next() { count += part.readableBytes }
            return Response(.ok, body: .bytes(ByteBuffer(string: "\(count)")))
        }
        try await withHTTP2Server(responder) {
            $0.onBuffered = { held in peak.withLock { $0 = max($0, held) } }
        } _: { server in
            let client = try await HTTP2Client.connect(server)
            if hasSettings { _ = try await client.next(type: 4) }
            try await client.request(1, "PUT", "/", isLast: false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await gate.arrival()
                    gate.open()
                }
                try await client.sendBody(1, 8 * 1024 * 1024)
                try await group.waitForAll()
            }
            let answer = try await client.answer(1)
            #expect(answer.text == "8388608")
            await client.raw.close()
        }
        // A stream that was there before the settings has the difference between the two windows on top.
        let window = 256 * 1024
        #expect(peak.withLock { $0 } <= (hasSettings ? window : 2 * window - 65_535 + 16_384))
    }

    @Test("a client that opens no window gets what it allowed, and the object is read no further than that")
    func waitsForClient() async throws {
        let content = try TestContent(megabytes: 16)
        let reached = Mutex<Int64>(0)
        let responder = ClosureResponder { _, _ in
            let object = MeteredObject(bytes: content.bytes) { end in reached.withLock { $0 = max($0, end) } }
            return Response(.ok, body: .object(object, 0..<object.size))
        }
        try await withHTTP2Server(responder) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1)
            var count = 0
            while count < 65_535 { count += try await client.next(type: 0).payload.readableBytes }
            #expect(count == 65_535)
            // Another stream's answer shows that the loop has gone round since.
            try await client.allow(0, 1_000_000)
            try await client.request(3, "HEAD", "/")
            while try await client.next(type: 1).stream != 3 {}
            #expect(reached.withLock { $0 } <= 65_535 + 1024 * 1024)
            await client.raw.reset()
            try await untilTrue { server.log.exchanges.count == 2 }
        }
    }

    @Test("the responder is cancelled when the client resets the stream")
    func cancels() async throws {
        let wasCancelled = Mutex(false)
        let gate = Gate()
        gate.open()
        let responder = ClosureResponder { request, _ in
            guard request.path == "/slow" else { return Response(.ok) }
            await gate.pass()
            try? await Task.sleep(for: .seconds(60))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return Response(.ok)
        }
        try await withHTTP2Server(responder) { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "GET", "/slow")
            await gate.arrival()
            try await client.send(type: 3, stream: 1, payload: ByteBuffer(integer: UInt32(8)))
            try await untilTrue { server.log.exchanges.count == 1 }
            #expect(wasCancelled.withLock { $0 })
            #expect(server.log.exchanges.map(\.isComplete) == [false])
            try await client.request(3)
            let next = try await client.answer(3)
            #expect(next.status == "200")
            await client.raw.close()
        }
    }

    @Test("content that stays away is answered with 408")
    func timesContentOut() async throws {
        try await withHTTP2Server {
            $0.timeouts.body = .milliseconds(50)
            $0.timeouts.linger = .milliseconds(50)
        } _: { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "PUT", "/count", isLast: false)
            let answer = try await client.answer(1)
            #expect(answer.status == "408")
            let reset = try await client.next(type: 3)
            #expect(reset.stream == 1)
            await client.raw.close()
        }
    }

    @Test("an answer that the client does not take is given up, and the connection goes on")
    func timesAnswerOut() async throws {
        try await withHTTP2Server {
            $0.timeouts.response = .milliseconds(50)
        } _: { server in
            let client = try await HTTP2Client.connect(server, settings: [(4, 0)])
            try await client.request(1, "GET", "/bytes/1000000")
            let answer = try await client.answer(1)
            #expect(answer.reset == 8)
            try await client.request(3, "HEAD", "/")
            let next = try await client.answer(3)
            #expect(next.status == "200")
            await client.raw.close()
        }
    }

    @Test("a connection without a request is told so and closed", arguments: [false, true])
    func closesIdle(afterRequest: Bool) async throws {
        try await withHTTP2Server {
            $0.timeouts.head = afterRequest ? .seconds(30) : .milliseconds(50)
            $0.timeouts.idle = .milliseconds(50)
            $0.timeouts.linger = .milliseconds(50)
        } _: { server in
            let client = try await HTTP2Client.connect(server)
            if afterRequest {
                try await client.request(1)
                _ = try await client.answer(1)
            }
            let codes = try await client.goodbyes()
            // To the library a connection without streams has ended with the farewell: what the client sends after that,
            // such as its agreement to the settings, is answered with a second one, with an error.
            #expect(codes == [0] || codes == [0, 1])
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }

    @Test("a client that says nothing at all is disconnected")
    func closesSilent() async throws {
        try await withHTTP2Server {
            $0.timeouts.head = .milliseconds(50)
        } _: { server in
            let client = try await server.connect()
            let bytes = try await client.readToEnd()
            #expect(bytes.isEmpty)
        }
    }

    @Test("a server that stops says so, answers what was begun and then closes")
    func drains() async throws {
        let gate = Gate()
        let responder = ClosureResponder { request, _ in
            if request.path == "/slow" { await gate.pass() }
            return Response(.ok, body: .bytes(ByteBuffer(repeating: 1, count: 1_000_000)))
        }
        try await withHTTP2Server(responder) {
            // Long enough for a slow machine: the idle connection must live until its client says that it knows.
            $0.timeouts.linger = .seconds(30)
        } _: { server in
            let idle = try await HTTP2Client.connect(server)
            try await idle.request(1, "HEAD")
            _ = try await idle.answer(1)
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, "GET", "/slow")
            await gate.arrival()
            await server.shutDown()
            let first = try await client.next(type: 7)
            #expect(first.payload.getInteger(at: first.payload.readerIndex) == UInt32.max >> 1)
            // Begun before the client could know: it may be tried again elsewhere.
            try await client.request(3, "HEAD")
            let ping = try await client.next(type: 6)
            try await client.send(type: 6, flags: 1, payload: ping.payload)
            let refusal = try await client.next(type: 3)
            #expect(refusal.stream == 3)
            #expect(refusal.code == 7)
            let second = try await client.next(type: 7)
            #expect(second.payload.getInteger(at: second.payload.readerIndex) == UInt32(1))
            gate.open()
            let answer = try await client.answer(1)
            #expect(answer.body.count == 1_000_000)
            let codes = try await client.goodbyes()
            #expect(codes.isEmpty)
            await client.raw.close()
            let pingOfIdle = try await idle.next(type: 6)
            try await idle.send(type: 6, flags: 1, payload: pingOfIdle.payload)
            _ = try await idle.goodbyes()
            await idle.raw.close()
            try await untilTrue { server.server.connectionCount == 0 }
        }
    }
}

/// An object that tells how far it was read.
private struct MeteredObject: StorageObject {
    let bytes: ByteBuffer
    let read: @Sendable (Int64) -> Void

    var size: Int64 { Int64(bytes.readableBytes) }
    var modified: Int64 { 0 }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        read(offset + Int64(count))
        return bytes.getSlice(at: Int(offset), length: min(count, bytes.readableBytes - Int(offset))) ?? ByteBuffer()
    }
}
