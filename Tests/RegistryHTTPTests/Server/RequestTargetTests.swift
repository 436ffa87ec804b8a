import HTTPTypes
import NIOHTTP1
import Testing

@testable import RegistryHTTP

struct RequestTargetTests {
    @Test("dates are written as HTTP writes them")
    func formatsDates() {
        #expect(DateCache.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateCache.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(DateCache.format(1_709_208_000) == "Thu, 29 Feb 2024 12:00:00 GMT")
    }

    @Test(
        "an authority is a host with an optional port",
        arguments: ["a", "a.b:5000", "[::1]:5000", "127.0.0.1", "a_b"]
    )
    func acceptsAuthorities(text: String) {
        #expect(RequestTarget.isAuthority(text, allowsEmpty: false))
    }

    @Test(
        "anything else is not an authority",
        arguments: ["", "a/b", "u@a", "a b", "a,b", "a\u{e9}", "a?b", "a#b", "a\"b"]
    )
    func refusesAuthorities(text: String) {
        #expect(!RequestTarget.isAuthority(text, allowsEmpty: false))
    }

    @Test("fields that concern the connection only are kept from the responder; repeated ones are kept apart")
    func convertsFields() throws {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .PUT,
            uri: "/v2/",
            headers: [
                "host": "a:1", "Connection": "keep-alive", "Transfer-Encoding": "chunked", "accept": "x/y",
                "Accept": "z/w", "X-Other": "1",
            ]
        )
        var fields = LastFields()
        let converted = try RequestHead(checking: head, limits: .init(), isSecure: true, after: &fields)
        #expect(converted.request.authority == "a:1")
        #expect(converted.request.scheme == "https")
        #expect(converted.request.headerFields[values: .accept] == ["x/y", "z/w"])
        #expect(converted.request.headerFields.count == 3)
        #expect(converted.length == nil)
    }

    @Test("fields are read anew unless each name and each value is the last request's")
    func lastFields() throws {
        var last = LastFields()
        func fields(_ pairs: [(String, String)]) throws -> FieldScan { try last.scan(HTTPHeaders(pairs)) }
        let first = [("Host", "a:1"), ("Authorization", "Bearer one"), ("Accept", "x/y")]
        for _ in 0..<2 {
            let found = try fields(first)
            #expect(found.host == "a:1" && found.fields[.authorization] == "Bearer one" && found.fields.count == 2)
        }
        #expect(
            try fields([("Host", "a:1"), ("Authorization", "Bearer two"), ("Accept", "x/y")]).fields[.authorization]
                == "Bearer two"
        )
        #expect(try fields([("Host", "b:1"), ("Authorization", "Bearer two"), ("Accept", "x/y")]).host == "b:1")
        #expect(
            try fields([("Host", "b:1"), ("Accept", "Bearer two"), ("Authorization", "x/y")]).fields[.authorization]
                == "x/y"
        )
        #expect(try fields([("Host", "b:1"), ("Content-Length", "3")]).length == 3)
        #expect(try fields([("Host", "b:1"), ("Content-Length", "4")]).length == 4)
        #expect(try fields([("Host", "b:1")]).length == nil)
        #expect(try fields([]).host == nil)
        // The Kelvin sign is equal to the letter, and an accent to what follows it as one.
        for value in ["K", "\u{212A}", "\u{e9}", "e\u{301}", "\u{e9}"] {
            let found = try fields([("Host", "b:1"), ("Accept", value)]).fields[.accept]
            #expect(found.map { Array($0.utf8) } == Array(value.utf8))
        }
        // What is refused is refused each time.
        for _ in 0..<2 {
            #expect(throws: ProtocolFailure.self) { try fields([("Host", "a"), ("Host", "a")]) }
        }
    }
}
