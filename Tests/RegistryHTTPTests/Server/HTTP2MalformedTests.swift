import HTTPTypes
import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

/// Requests over HTTP/2 that are none: each gets an answer or the end of its stream or connection.
@Suite(.timeLimit(.minutes(1)))
struct HTTP2MalformedTests {
    /// A request and the status that answers it; 0 where its stream is reset.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var method: String? = "GET"
        var path: String? = "/"
        var authority: String? = "a"
        var headers: [(String, String)] = []
        var status: Int

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "a fragment in the path", path: "/a#b", status: 400),
        Case(name: "a space in the path", path: "/a b", status: 0),
        Case(name: "a path that is a URL", path: "http://a/b", status: 400),
        Case(name: "a path without a slash", path: "v2", status: 400),
        Case(name: "the path * without OPTIONS", path: "*", status: 400),
        Case(name: "a long path", path: "/" + String(repeating: "a", count: 9000), status: 414),
        Case(name: "a method that is no token", method: "G T", status: 0),
        Case(name: "CONNECT", method: "CONNECT", path: nil, status: 405),
        Case(name: "no authority", authority: nil, status: 400),
        Case(name: "an empty authority", authority: "", status: 400),
        Case(name: "a malformed authority", authority: "a/b", status: 400),
        Case(name: "a Host that is another", headers: [("host", "b")], status: 400),
        Case(name: "two Hosts", authority: nil, headers: [("host", "b"), ("host", "b")], status: 400),
        Case(name: "only a Host", authority: nil, headers: [("host", "b")], status: 200),
        Case(name: "an unknown expectation", headers: [("expect", "wonders")], status: 417),
        Case(
            name: "many fields",
            headers: (0..<120).map { ("x-\($0)", "1") },
            status: 431
        ),
        Case(name: "an empty path", path: "", status: 0),
        Case(name: "no path", path: nil, status: 0),
        Case(name: "no method", method: nil, status: 0),
        Case(name: "a name in capitals", headers: [("X-Capital", "a")], status: 0),
        Case(name: "a line end in a value", headers: [("accept", "a\r\nb: c")], status: 0),
        Case(name: "a field of a connection", headers: [("connection", "close")], status: 0),
        Case(name: "a transfer coding", headers: [("transfer-encoding", "chunked")], status: 0),
        Case(name: "a pseudo-header field behind others", headers: [("accept", "a"), (":path", "/")], status: 0),
        Case(name: "an unknown pseudo-header field", headers: [(":wonder", "a")], status: 0),
        Case(name: "a length without content", headers: [("content-length", "5")], status: 0),
        Case(name: "two lengths", headers: [("content-length", "0"), ("content-length", "1")], status: 0),
    ]

    @Test("a malformed request is refused, and the connection goes on", arguments: cases)
    func refuses(example: Case) async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(
                1,
                example.method,
                example.path,
                authority: example.authority,
                headers: example.headers
            )
            let answer = try await client.answer(1)
            if example.status == 0 {
                #expect(answer.reset != nil)
            } else {
                #expect(answer.status == "\(example.status)")
            }
            try await client.request(3)
            let next = try await client.answer(3)
            #expect(next.status == "200")
            await client.raw.close()
        }
    }

    @Test("a head that can't be decoded ends the connection with a reason")
    func endsAtUndecodableHeads() async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            try await client.request(1, headers: [("", "a")])
            let codes = try await client.goodbyes()
            #expect(codes.count == 1)
            #expect(codes.first != 0)
        }
    }

    @Test("a head that is too large ends the connection with a reason")
    func endsAtLargeHeads() async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            let value = String(repeating: "a", count: 12_000)
            for stream in [UInt32(1), 3, 5, 7, 9, 11] {
                // Each fits into a frame; together with what the table expands them to, the last does not into a head.
                let count = Int(stream / 2)
                try? await client.request(stream, headers: (0..<count * 2).map { _ in ("x-large", value) })
            }
            let codes = try await client.goodbyes()
            #expect(codes.count == 1)
            #expect(codes.first != 0)
        }
    }

    @Test("a flood of frames that cost the sender nothing ends the connection", arguments: [3, 4, 6] as [UInt8])
    func endsFloods(type: UInt8) async throws {
        try await withHTTP2Server { server in
            let client = try await HTTP2Client.connect(server)
            for index in 0..<400 as Range<UInt32> {
                do {
                    switch type {
                    case 3:
                        try await client.request(2 * index + 1, "GET", "/bytes/1")
                        try await client.send(type: 3, stream: 2 * index + 1, payload: ByteBuffer(integer: UInt32(8)))
                    case 6: try await client.send(type: 6, payload: ByteBuffer(repeating: 0, count: 8))
                    default: try await client.send(type: type)
                    }
                } catch { break }
            }
            _ = try await client.goodbyes()
            try await untilTrue { server.server.connectionCount == 0 }
            let answer = try await server.client.request("GET", "/")
            #expect(answer.status == 200)
        }
    }

    @Test("frames of noise never end more than their connection", arguments: 0..<40 as Range<UInt64>)
    func survivesNoise(seed: UInt64) async throws {
        var random = Noise(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        try await withHTTP2Server(
            ClosureResponder { _, body in
                while let part = try? await body.next(), part.readableBytes > 0 {}
                return Response(.ok, body: .bytes(ByteBuffer(repeating: 2, count: 100_000)))
            }
        ) {
            $0.timeouts.linger = .milliseconds(20)
            $0.timeouts.head = .milliseconds(200)
            $0.timeouts.idle = .milliseconds(20)
            $0.timeouts.body = .milliseconds(20)
            $0.timeouts.response = .milliseconds(20)
        } _: { server in
            let raw = try await server.connect()
            // A client that is too slow for the server's 200 ms is told so as any other.
            let client = HTTP2Client(raw)
            try? await client.begin()
            for _ in 0..<30 {
                do {
                    if random.next() % 2 == 0 {
                        let stream = UInt32(random.next() % 8)
                        try await client.request(stream, "PUT", "/", isLast: random.next() % 2 == 0)
                    } else {
                        let length = Int(random.next() % 40)
                        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                        try await client.send(
                            type: UInt8(random.next() % 12),
                            flags: UInt8(truncatingIfNeeded: random.next()) & 0x2d,
                            stream: UInt32(random.next() % 8),
                            payload: ByteBuffer(bytes: bytes)
                        )
                    }
                } catch { break }
            }
            _ = try? await client.goodbyes()
            await client.raw.close()
            // To it as well.
            var status: Int?
            for _ in 0..<50 where status == nil { status = try? await server.client.request("GET", "/").status }
            #expect(status == 200)
        }
    }
}

/// Numbers that look random and are the same each time.
private struct Noise {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
