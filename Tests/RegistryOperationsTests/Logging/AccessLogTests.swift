import HTTPTypes
import RegistryAuth
import RegistryHTTP
import Testing

@testable import RegistryOperations

@Suite("The access log")
struct AccessLogTests {
    private func line(
        _ request: HTTPRequest?,
        peer: String? = "10.0.0.7:40212",
        version: Exchange.Version = .http11,
        user: String? = nil
    ) -> String {
        var notes = ResponseNotes()
        notes.principal = user.map { Principal(name: $0) }
        let exchange = Exchange(
            request: request,
            peer: Peer(address: peer),
            version: version,
            status: 200,
            notes: notes,
            bytesSent: 512,
            bytesReceived: 0,
            duration: .milliseconds(2),
            isComplete: true
        )
        let time = LogTime(seconds: 1_767_323_045, nanoseconds: 5)
        var line: [UInt8] = []
        AccessLog.append(exchange, at: time, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    private func request(_ path: String, _ fields: HTTPFields = [:]) -> HTTPRequest {
        HTTPRequest(method: .get, scheme: "http", authority: "r", path: path, headerFields: fields)
    }

    @Test("a line has Apache's combined form")
    func combined() {
        #expect(
            line(request("/v2/a/tags/list?n=1", [.referer: "http://x/", .userAgent: "docker/28.0"]))
                == #"10.0.0.7 - - [02/Jan/2026:03:04:05 +0000] "GET /v2/a/tags/list?n=1 HTTP/1.1" 200 512 "#
                + #""http://x/" "docker/28.0""# + "\n"
        )
    }

    @Test("who logged in is named, and the protocol is the one that was spoken")
    func user() {
        let text = line(request("/v2/"), version: .http2, user: "a b\"c")
        #expect(text.hasPrefix(#"10.0.0.7 - a\x20b\"c ["#))
        #expect(text.contains("HTTP/2.0"))
    }

    @Test("what a client sent can't end a line or a quotation")
    func hostile() {
        let text = line(request("/v2/\"", [.userAgent: "a\" 200 1 \"\t\u{202E}"]))
        #expect(text.contains(#""GET /v2/\" HTTP/1.1""#))
        #expect(text.hasSuffix(#""a\" 200 1 \"\t\u202e""# + "\n"))
    }

    @Test("a request that was not understood has a line too, and so has a peer without an address")
    func unknown() {
        #expect(line(nil, peer: nil).hasPrefix(#"- - - [02/Jan/2026:03:04:05 +0000] "-" 200 512 "" """#))
    }

    @Test("an IPv6 address stands without brackets and port")
    func address() {
        #expect(line(request("/"), peer: "[::1]:5").hasPrefix("::1 - - ["))
    }
}
