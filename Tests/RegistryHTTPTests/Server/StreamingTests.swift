import HTTPTypes
import NIOCore
import RegistryCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryHTTP

/// Content that does not fit into buffers.
@Suite(.timeLimit(.minutes(1)))
struct StreamingTests {
    /// What a connection holds at the most before its socket is read no further.
    private let window = ServerConfiguration.Limits().bufferedBytes

    @Test("64 MiB are sent whole from wherever they come", arguments: Source.allCases)
    func sendsLargeContent(source: Source) async throws {
        let content = try TestContent(megabytes: 64)
        try await withServer(ClosureResponder { _, _ in content.response(source) }) { server in
            let client = server.client
            let answer = try await client.request("GET", "/")
            #expect(answer.headers["Content-Length"] == "67108864")
            #expect(ByteBuffer(bytes: answer.body) == content.bytes)
            let head = try await client.request("HEAD", "/")
            #expect(head.headers["Content-Length"] == "67108864")
            try await untilTrue { server.log.exchanges.count >= 2 }
            #expect(server.log.exchanges.map(\.bytesSent) == [67_108_864, 0])
            #expect(server.server.connectionCount == 1)
        }
    }

    @Test("a part of an object is sent as that part", arguments: Source.allCases)
    func sendsRanges(source: Source) async throws {
        let content = try TestContent(megabytes: 5)
        let ranges: [Range<Int64>] = [0..<0, 0..<1, 5..<5, 4_194_303..<4_194_305, 1000..<5_242_880]
        let responder = ClosureResponder { request, _ in
            let index = Int(request.path?.dropFirst() ?? "") ?? 0
            return content.response(source, ranges[index])
        }
        try await withServer(responder) { server in
            let client = server.client
            for (index, range) in ranges.enumerated() {
                let answer = try await client.request("GET", "/\(index)")
                let expected = content.bytes.getBytes(at: Int(range.lowerBound), length: range.count)
                #expect(answer.body == expected)
            }
        }
    }

    @Test("64 MiB are received while the connection holds no more than its window and one read")
    func receivesWithinBounds() async throws {
        let peak = Mutex(0)
        let responder = ClosureResponder { _, body in
            var count = 0
            var parts = 0
            while let part = try? await body.next() {
                count += part.readableBytes
                parts += 1
                // A responder that is slower than the client.
                if parts % 16 == 0 { try? await Task.sleep(for: .milliseconds(1)) }
            }
            return Response(.created, body: .bytes(ByteBuffer(string: "\(count)")))
        }
        try await withServer(responder) {
            $0.onBuffered = { held in peak.withLock { $0 = max($0, held) } }
        } _: { server in
            let answer = try await server.client.request(
                "PUT",
                "/",
                body: [UInt8](repeating: 7, count: 64 * 1024 * 1024)
            )
            #expect(answer.text == "67108864")
        }
        #expect(peak.withLock { $0 } > 65_536)
        #expect(peak.withLock { $0 } <= window + (256 + 64) * 1024)
    }

    @Test("a responder that does not read stops the client, not the server")
    func stopsReading() async throws {
        let gate = Gate()
        let peak = Mutex(0)
        let responder = ClosureResponder { _, body in
            await gate.pass()
            var count = 0
            while let part = try? await body.next() { count += part.readableBytes }
            return Response(.ok, body: .bytes(ByteBuffer(string: "\(count)")))
        }
        try await withServer(responder) {
            $0.onBuffered = { held in peak.withLock { $0 = max($0, held) } }
        } _: { server in
            let client = try await server.connect()
            let content = [UInt8](repeating: 7, count: 32 * 1024 * 1024)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n\r\n")
                    try await client.send(content)
                }
                await gate.arrival()
                try await untilTrue { peak.withLock { $0 } >= window }
                gate.open()
                let answer = try await client.readResponse()
                #expect(answer.text == "\(content.count)")
                try await group.waitForAll()
            }
            await client.close()
        }
        #expect(peak.withLock { $0 } <= window + (256 + 64) * 1024)
    }

    @Test("an object that breaks off ends the connection instead of being filled up")
    func endsBrokenObjects() async throws {
        let content = try TestContent(megabytes: 4)
        let object = TestObject(bytes: content.bytes, failsAt: 1_000_000)
        try await withServer(ClosureResponder { _, _ in Response(.ok, body: .object(object, 0..<object.size)) }) {
            server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let error = await #expect(throws: WireError.self) { try await client.readResponse() }
            guard case .closed(let received) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(received.count < 4 * 1024 * 1024)
            #expect(content.bytes.getBytes(at: 0, length: received.count) == received)
            try await untilTrue { server.log.exchanges.count >= 1 }
            #expect(server.log.exchanges.map(\.isComplete) == [false])
        }
    }

    @Test("a file that was cut short ends the connection too")
    func endsTruncatedFiles() async throws {
        let content = try TestContent(megabytes: 1)
        let object = TestObject(bytes: content.bytes, file: content.file)
        try await withServer(ClosureResponder { _, _ in Response(.ok, body: .object(object, 0..<2_000_000)) }) {
            server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await #expect(throws: WireError.self) { try await client.readResponse() }
            try await untilTrue { server.log.exchanges.count >= 1 }
            #expect(server.log.exchanges.map(\.isComplete) == [false])
        }
    }

    @Test("an object that can't be read at all is answered with 500 instead")
    func reportsUnreadableObjects() async throws {
        let object = TestObject(bytes: ByteBuffer(string: "content"), failsAt: 0)
        try await withServer(ClosureResponder { _, _ in Response(.ok, body: .object(object, 0..<7)) }) { server in
            let answer = try await server.client.request("GET", "/")
            #expect(answer.status == 500)
            #expect(answer.text.contains("UNKNOWN"))
            try await untilTrue { server.log.exchanges.count >= 1 }
            #expect(server.log.exchanges.map(\.status) == [500])
        }
    }

    @Test("the file stays open until it is sent, and its descriptor is closed once")
    func closesFilesOnce() async throws {
        let content = try TestContent(megabytes: 8)
        let closed = Mutex<[CInt]>([])
        let descriptor = content.file.descriptor
        let responder = ClosureResponder { _, _ in
            let file = OpenFile(descriptor: descriptor) { number in closed.withLock { $0.append(number) } }
            return Response(.ok, body: .object(TestObject(bytes: content.bytes, file: file), 0..<8_388_608))
        }
        try await withServer(responder) { server in
            let client = server.client
            for _ in 0..<3 {
                let answer = try await client.request("GET", "/")
                #expect(answer.body.count == 8_388_608)
            }
            try await untilTrue { closed.withLock { $0.count } >= 3 }
        }
        #expect(closed.withLock { $0 } == [descriptor, descriptor, descriptor])
        #expect(content.file.descriptor == descriptor)
    }
}
