import Testing

@testable import RegistryConfiguration

@Suite("Scalars, durations and addresses")
struct ScalarTests {
    @Test(
        "plain scalars resolve as the peer's parser resolves them",
        arguments: [
            ("yes", .bool(true)), ("y", .bool(true)), ("On", .bool(true)), ("TRUE", .bool(true)), ("n", .bool(false)),
            ("off", .bool(false)), ("No", .bool(false)), ("yES", .string), ("12", .integer(12)), ("-7", .integer(-7)),
            ("+7", .integer(7)), ("1_000", .integer(1000)), ("0x1F", .integer(31)), ("017", .integer(15)),
            ("0o17", .integer(15)), ("0b101", .integer(5)), ("-0x10", .integer(-16)), ("08", .float(8)),
            ("1.5", .float(1.5)), (".5", .float(0.5)), ("1e3", .float(1000)), ("-.inf", .float(-.infinity)),
            ("0+5", .string), ("+-5", .string), ("0x", .string), ("1.2.3", .string), ("-", .string),
            ("12:30:45", .string),
            ("2001-12-14", .string), ("1h", .string), ("9223372036854775808", .float(9_223_372_036_854_775_808)),
            ("null-like", .string), ("=", .string),
        ] as [(String, Scalar.Kind)]
    )
    func resolve(text: String, kind: Scalar.Kind) {
        #expect(Scalar.resolve(plain: text) == Scalar(text, kind))
    }

    @Test("YAML's nulls are no values", arguments: ["", "~", "null", "Null", "NULL"])
    func null(text: String) {
        #expect(Scalar.resolve(plain: text) == nil)
    }

    @Test(
        "durations follow Go's syntax",
        arguments: [
            ("1h30m", 5_400_000_000_000), ("1.5s", 1_500_000_000), ("300ms", 300_000_000), ("-2us", -2000),
            ("2\u{B5}s", 2000), ("2\u{3BC}s", 2000), (".5s", 500_000_000), ("1.s", 1_000_000_000), ("0", 0),
            ("+5s", 5_000_000_000),
            ("1", nil), ("", nil), ("-", nil), (".s", nil), ("5 s", nil), ("5d", nil), ("1h-5m", nil), ("s", nil),
            ("9223372036854775807ns", Int64.max), ("9223372036854775808ns", nil), ("2562048h", nil), ("1e3s", nil),
        ] as [(String, Int64?)]
    )
    func duration(text: String, nanoseconds: Int64?) {
        #expect(GoDuration.nanoseconds(parsing: text) == nanoseconds)
    }

    @Test("a duration's text reads back as the duration", arguments: [0, 1, -1, 999, 5_400_000_000_001, Int64.max])
    func durationText(nanoseconds: Int64) {
        #expect(GoDuration.nanoseconds(parsing: GoDuration.text(nanoseconds: nanoseconds)) == nanoseconds)
    }

    @Test("a bare integer is nanoseconds, with a warning where that can't be meant, and refused where the peer does")
    func bareDurations() throws {
        let configuration = try load("version: 0.1\nstorage: inmemory\nhttp: {draintimeout: 30}")
        #expect(configuration.http.drainTimeout == .nanoseconds(30))
        #expect(configuration.warnings.first?.problem == "30 without a unit means nanoseconds")
        #expect(
            errors("version: 0.1\nstorage: {inmemory: {}, maintenance: {uploadpurging: {age: 168}}}").first?
                .contains("168 (an integer); expected a duration such as 1h30m") == true
        )
    }

    @Test(
        "addresses are written as Go writes them",
        arguments: [
            (":5000", "", 5000), ("127.0.0.1:80", "127.0.0.1", 80), ("[::1]:5000", "::1", 5000),
            ("host:https", "host", 443),
            ("[::]:0", "::", 0),
        ]
    )
    func address(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(
        "what isn't an address is refused",
        arguments: ["", "5000", "host", "::1:5000", ":70000", ":-1", "a b:1", "[]:1", ":+5"]
    )
    func noAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("URLs need a scheme of the web and a host")
    func webAddress() {
        #expect(WebAddress("https://example.com")?.host == "example.com")
        #expect(WebAddress("http://[::1]:5000/x")?.host == "[::1]:5000")
        #expect(WebAddress("HTTPS://u:p@example.com/x")?.aroundPassword?.before == "HTTPS://u:")
        for text in ["example.com", "ftp://x", "https://", "https://:443", "https://a b", "://x", "https://h:x"] {
            #expect(WebAddress(text) == nil, "\(text)")
        }
    }

    @Test("the nearest word is found, and nothing far from every word")
    func suggestion() {
        #expect(Suggestion.nearest(to: "filesytem", among: ["filesystem", "inmemory"]) == "filesystem")
        #expect(Suggestion.nearest(to: "adress", among: ["addr", "address"]) == "address")
        #expect(Suggestion.nearest(to: "ADDR", among: ["addr"]) == "addr")
        #expect(Suggestion.nearest(to: "ab", among: ["ba"]) == "ba")
        #expect(Suggestion.nearest(to: "x-note", among: ["auth", "log"]) == nil)
        #expect(Suggestion.nearest(to: "", among: ["a"]) == nil)
    }
}
