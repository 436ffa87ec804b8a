import NIOCore
import RegistryTesting
import Testing

@testable import RegistryHTTP

/// What is not HTTP, or could be read in two ways, is refused, and nothing after it is read as a request.
@Suite(.timeLimit(.minutes(1)))
struct MalformedRequestTests {
    /// A request that must be refused, and with what.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var bytes: String
        var status: Int

        init(_ name: String, _ status: Int, _ bytes: String) {
            self.name = name
            self.bytes = bytes
            self.status = status
        }

        var testDescription: String { name }
    }

    static let heads: [Case] = [
        Case("no HTTP", 400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n"),
        Case("unknown version", 400, "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        Case("HTTP/2 preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case("HTTP/1.2", 400, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        Case("HTTP/0.9", 400, "GET /\r\n\r\n"),
        Case("no host", 400, "GET / HTTP/1.1\r\n\r\n"),
        Case("two hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Case("two hosts in 1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        Case("host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case("host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        Case("host with a list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Case("host with a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Case("space before the colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n"),
        Case(
            "space before the colon of a length",
            400,
            "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc"
        ),
        Case("folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"),
        Case("folded first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Case("no colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"),
        Case("no name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        Case("name with a control", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\u{1}A: b\r\n\r\n"),
        Case("name with a NUL", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}A: b\r\n\r\n"),
        Case("name beyond ASCII", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: b\r\n\r\n"),
        Case("name with brackets", 400, "GET / HTTP/1.1\r\nHost: a\r\nX(A): b\r\n\r\n"),
        Case("value with a NUL", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\u{0}c\r\n\r\n"),
        Case("value with a control", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\u{1}c\r\n\r\n"),
        Case("value with a bare CR", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rc\r\n\r\n"),
        Case("bare CR as a line end", 400, "GET / HTTP/1.1\rHost: a\r\r"),
        Case("bare LF in a head", 400, "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n"),
        Case("bare LF at the head's end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        Case("bare LF after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        Case("NUL in the target", 400, "GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("control in the target", 400, "GET /a\u{1}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("tab in the target", 400, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("DEL in the target", 400, "GET /a\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("target beyond ASCII", 400, "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("asterisk for GET", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("authority for GET", 400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("other scheme", 400, "GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("user in the target", 400, "GET http://u:p@a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("no authority", 400, "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("CONNECT", 405, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("unknown method", 400, "FROB / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("method in lower case", 400, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("long target", 414, "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("large field", 431, "GET / HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "a", count: 70_000))\r\n\r\n"),
        Case("large name", 431, "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "a", count: 70_000)): b\r\n\r\n"),
        Case(
            "many fields",
            431,
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: b\r\n", count: 150))\r\n"
        ),
        Case(
            "unknown expectation",
            417,
            "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 200-ok\r\n\r\nabc"
        ),
    ]

    static let framings: [Case] = [
        Case(
            "both framings",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "both, the other way",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "two lengths",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"
        ),
        Case(
            "the same length twice",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"
        ),
        Case("list of lengths", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc"),
        Case("signed length", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"),
        Case("negative length", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc"),
        Case("hexadecimal length", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc"),
        Case("length with a space", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\nabc"),
        Case("empty length", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc"),
        Case(
            "length beyond 63 bits",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\nabc"
        ),
        Case(
            "length beyond 64 bits",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc"
        ),
        Case(
            "other coding",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "coding after chunked",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"
        ),
        Case("identity", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        Case("unknown coding", 400, "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        Case(
            "coding with a tab",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "chunked twice",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "chunked twice in one",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
        ),
        Case(
            "chunked and identity",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
        ),
        Case("chunked in 1.0", 400, "PUT /early HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case(
            "name with a space before",
            400,
            "PUT /early HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
    ]

    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a malformed head is refused, and what follows is not read", arguments: heads + framings)
    func refuses(_ malformed: Case) async throws {
        try await withServer { server in
            let text = try await server.answer(to: malformed.bytes + Self.smuggled)
            #expect(text.hasPrefix("HTTP/1.1 \(malformed.status) "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.contains("\r\nDocker-Distribution-API-Version: registry/2.0\r\n"))
            #expect(text.contains("\r\nContent-Type: application/json\r\n"))
            #expect(text.contains(#"{"errors":[{"code":""#) && text.hasSuffix("\"}]}\n"))
            #expect(text.components(of: "HTTP/1.1 ") == 1)
            #expect(!text.contains("/smuggled"))
            try await untilTrue { server.log.exchanges.count >= 1 }
            #expect(server.log.exchanges.map(\.status) == [malformed.status])
            let next = try await server.client.request("GET", "/still-here")
            #expect(next.status == 200)
        }
    }

    @Test("a malformed head that comes a byte at a time is refused alike", arguments: framings)
    func refusesSlowly(_ malformed: Case) async throws {
        try await withServer { server in
            let client = try await server.connect()
            for byte in malformed.bytes.utf8.prefix(90) { try? await client.send([byte]) }
            try? await client.send(Array(malformed.bytes.utf8.dropFirst(90)) + Array(Self.smuggled.utf8))
            let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 \(malformed.status) "))
            #expect(text.components(of: "HTTP/1.1 ") == 1)
            await client.close()
        }
    }

    static let chunks: [Case] = [
        Case("no number", 400, "xyz\r\nabc\r\n0\r\n\r\n"),
        Case("negative size", 400, "-3\r\nabc\r\n0\r\n\r\n"),
        Case("signed size", 400, "+3\r\nabc\r\n0\r\n\r\n"),
        Case("prefixed size", 400, "0x3\r\nabc\r\n0\r\n\r\n"),
        Case("size with a space", 400, "3 \r\nabc\r\n0\r\n\r\n"),
        Case("space before the size", 400, " 3\r\nabc\r\n0\r\n\r\n"),
        Case("size that overflows", 400, "10000000000000003\r\nabc\r\n0\r\n\r\n"),
        Case("no size", 400, "\r\nabc\r\n0\r\n\r\n"),
        Case("short chunk", 400, "5\r\nabc\r\n0\r\n\r\n"),
        Case("long chunk", 400, "2\r\nabc\r\n0\r\n\r\n"),
        Case("bare LF after the size", 400, "3\nabc\r\n0\r\n\r\n"),
        Case("bare LF after the chunk", 400, "3\r\nabc\n0\r\n\r\n"),
        Case("bare LF at the end", 400, "3\r\nabc\r\n0\n\n"),
        Case("bare CR after the size", 400, "3\rabc\r\n0\r\n\r\n"),
        Case("bare LF in an extension", 400, "3;a\nb\r\nabc\r\n0\r\n\r\n"),
        Case("trailer with a space before the colon", 400, "3\r\nabc\r\n0\r\nX : y\r\n\r\n"),
        Case("trailer with a NUL", 400, "3\r\nabc\r\n0\r\nX: \u{0}\r\n\r\n"),
        Case("many trailers", 400, "3\r\nabc\r\n0\r\n\(String(repeating: "X: y\r\n", count: 200))\r\n"),
    ]

    @Test("malformed chunks end the request with 400, whatever the responder does", arguments: chunks)
    func refusesChunks(_ malformed: Case) async throws {
        try await withServer { server in
            let head = "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            let text = try await server.answer(to: head + malformed.bytes + Self.smuggled)
            #expect(text.hasPrefix("HTTP/1.1 400 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.components(of: "HTTP/1.1 ") == 1)
            #expect(!text.contains("/smuggled"))
        }
    }

    @Test("chunks with short extensions and trailers are content like any other")
    func acceptsExtensions() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send(
                "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                    + "3;name=value\r\nabc\r\n0003\r\ndef\r\n0\r\nX-Sum: 1\r\n\r\n" + Self.smuggled
            )
            let echo = try await client.readResponse()
            #expect(echo.text == "abcdef")
            let next = try await client.readResponse()
            #expect(next.text == "GET /smuggled a")
            await client.close()
        }
    }

    @Test("endless chunk extensions are cut off")
    func endsExtensionFloods() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;")
            let flood = [UInt8](repeating: 0x61, count: 64 * 1024)
            for _ in 0..<8 { try? await client.send(flood) }
            let answer = try await client.readResponse()
            #expect(answer.status == 400)
            await client.close()
        }
    }

    @Test("content that ends early is answered with 400 to a client that still listens")
    func refusesTruncation() async throws {
        try await withServer { server in
            let client = try await server.connect()
            try await client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            try await client.finishSending()
            let answer = try await client.readResponse()
            #expect(answer.status == 400)
            let rest = try await client.readToEnd()
            #expect(rest.isEmpty)
        }
    }

    @Test("a good request before a malformed one is answered first")
    func answersWhatCameBefore() async throws {
        try await withServer { server in
            let text = try await server.answer(
                to: "GET /good HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n" + Self.smuggled
            )
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains("HTTP/1.1 400 Bad Request\r\n"))
            #expect(!text.contains("/smuggled"))
        }
    }
}

extension String {
    /// How often a text occurs.
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
