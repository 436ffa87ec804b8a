import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite(.timeLimit(.minutes(1)))
struct BasicExchangeTests {
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
            let parts = stride(from: 0, to: bytes.count, by: 7_001).map {
                Array(bytes[$0..<min($0 + 7_001, bytes.count)])
            }
            let chunked = try await server.client.request("PATCH", "/echo", body: .chunks(parts))
            #expect(chunked.body == bytes)
        }
    }
}
