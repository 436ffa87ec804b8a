import NIOCore
import RegistryCore
import Testing

@Suite("Parsing JSON")
struct JSONParserTests {
    private static func parse(_ text: String, _ limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: ByteBuffer(string: text), limits: limits)
    }

    @Test(
        "a text that is JSON gives its tree",
        arguments: [
            ("null", JSONValue.null), ("true", .bool(true)), ("false", .bool(false)), (" \t\r\n1 \n", .integer(1)),
            ("0", .integer(0)), ("-0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number("9223372036854775808")),
            ("1.5", .number("1.5")), ("1e3", .number("1e3")), ("1E+3", .number("1E+3")),
            ("-0.0e-9", .number("-0.0e-9")),
            ("0e1", .number("0e1")), ("\"\"", .string("")), ("\"é🐳\"", .string("é🐳")),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
            (#""a\u0041\u00e9\u2028b""#, .string("aA\u{E9}\u{2028}b")),
            (#""\ud83d\udc33x""#, .string("🐳x")), (#""\u0000""#, .string("\0")), ("\"\u{7F}\"", .string("\u{7F}")),
            ("[]", .array([])), ("[ ]", .array([])),
            ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object(.init())])),
            ("{ }", .object(.init())),
            (#"{"a":1 , "b" : null}"#, .object(.init([.init("a", .integer(1)), .init("b", .null)]))),
            (#"{"":{"":0}}"#, .object(.init([.init("", .object(.init([.init("", .integer(0))])))]))),
        ]
    )
    func valid(text: String, value: JSONValue) throws {
        #expect(try Self.parse(text) == value)
    }

    @Test(
        "a text that is not JSON is refused, with the place",
        arguments: [
            ("", JSONError(.endsTooEarly, at: 0)), (" ", .init(.endsTooEarly, at: 1)),
            ("nul", .init(.endsTooEarly, at: 3)),
            ("nulL", .init(.unexpectedByte(0x4C), at: 3)), ("True", .init(.unexpectedByte(0x54), at: 0)),
            ("NaN", .init(.unexpectedByte(0x4E), at: 0)), ("1 2", .init(.trailingBytes, at: 2)),
            ("{}x", .init(.trailingBytes, at: 2)),
            ("\u{FEFF}1", .init(.unexpectedByte(0xEF), at: 0)), ("01", .init(.invalidNumber, at: 0)),
            ("-", .init(.invalidNumber, at: 0)),
            ("+1", .init(.unexpectedByte(0x2B), at: 0)), (".5", .init(.unexpectedByte(0x2E), at: 0)),
            ("1.", .init(.invalidNumber, at: 0)),
            ("[1.e3]", .init(.invalidNumber, at: 1)), ("1e", .init(.invalidNumber, at: 0)),
            ("1e+", .init(.invalidNumber, at: 0)),
            ("-01", .init(.invalidNumber, at: 0)), ("0x1", .init(.trailingBytes, at: 1)),
            ("\"a", .init(.endsTooEarly, at: 2)),
            ("\"\n\"", .init(.controlCharacter, at: 1)), ("\"a\0\"", .init(.controlCharacter, at: 2)),
            (#""\x""#, .init(.invalidEscape, at: 1)),
            ("\"\\n\u{1}\"", .init(.controlCharacter, at: 3)),
            (#""\u12"#, .init(.endsTooEarly, at: 5)), (#""\u12g4""#, .init(.invalidEscape, at: 5)),
            (#""\"#, .init(.endsTooEarly, at: 2)),
            (#""\ud800""#, .init(.invalidText, at: 1)), (#""\udc00""#, .init(.invalidText, at: 1)),
            (#""\ud800\ud800""#, .init(.invalidText, at: 1)),
            (#""\ud800\n""#, .init(.invalidText, at: 1)), (#""\ud800x""#, .init(.invalidText, at: 1)),
            ("[", .init(.endsTooEarly, at: 1)),
            ("[1", .init(.endsTooEarly, at: 2)), ("[1,]", .init(.unexpectedByte(0x5D), at: 3)),
            ("[,1]", .init(.unexpectedByte(0x2C), at: 1)),
            ("[1 2]", .init(.unexpectedByte(0x32), at: 3)), ("[1}", .init(.unexpectedByte(0x7D), at: 2)),
            ("{", .init(.endsTooEarly, at: 1)),
            ("{1:2}", .init(.unexpectedByte(0x31), at: 1)), (#"{"a"}"#, .init(.unexpectedByte(0x7D), at: 4)),
            (#"{"a":}"#, .init(.unexpectedByte(0x7D), at: 5)),
            (#"{"a":1,}"#, .init(.unexpectedByte(0x7D), at: 7)), (#"{"a":1"#, .init(.endsTooEarly, at: 6)),
            ("{'a':1}", .init(.unexpectedByte(0x27), at: 1)),
            ("[1/**/]", .init(.unexpectedByte(0x2F), at: 2)), ("\u{A0}1", .init(.unexpectedByte(0xC2), at: 0)),
            ("\u{B}1", .init(.unexpectedByte(0x0B), at: 0)),
        ]
    )
    func invalid(text: String, error: JSONError) {
        #expect(throws: error) { try Self.parse(text) }
        #expect(!error.description.isEmpty)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80], [0x80]]
            as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        for prefix in [[], Array(#"\n"#.utf8)] {
            let buffer = ByteBuffer(bytes: [0x22] + prefix + bytes + [0x22])
            #expect(throws: JSONError(.invalidText, at: 0)) { try JSONValue(parsing: buffer) }
        }
    }

    @Test(
        "two members of one name are refused at any depth, however the name is written",
        arguments: [
            (#"{"a":1,"a":1}"#, "a", 7), (#"{"a":1,"\u0061":2}"#, "a", 7), (#"[{"x":{"b":0,"c":0,"b":0}}]"#, "b", 19),
            (#"{"":1,"":1}"#, "", 6),
            (#"{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"c":0}"#, "c", 55),
            (#"{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0,"i":0}"#, "i", 55),
        ]
    )
    func duplicates(text: String, name: String, offset: Int) throws {
        #expect(throws: JSONError(.duplicateName(name), at: offset)) { try Self.parse(text) }
        #expect(throws: Never.self) { try Self.parse(text, JSONLimits(allowsDuplicateNames: true)) }
    }

    @Test("names that only differ in case are different")
    func caseSensitive() throws {
        let object = try #require(try Self.parse(#"{"a":1,"A":2}"#).object)
        #expect(object["a"] == .integer(1))
        #expect(object["A"] == .integer(2))
        #expect(object["b"] == nil)
    }

    @Test("nesting and the number of values are bounded")
    func limits() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try Self.parse(nested(32)) }
        #expect(throws: JSONError(.tooDeep(limit: 32), at: 32)) { try Self.parse(nested(33)) }
        #expect(throws: JSONError(.tooDeep(limit: 32), at: 32)) {
            try Self.parse(String(repeating: "[", count: 1 << 20))
        }
        #expect(throws: JSONError(.tooDeep(limit: 1), at: 5)) {
            try Self.parse(#"{"a":{"b":1}}"#, JSONLimits(depth: 1))
        }
        #expect(throws: Never.self) { try Self.parse("[1,2]", JSONLimits(values: 3)) }
        #expect(throws: JSONError(.tooManyValues(limit: 3), at: 5)) { try Self.parse("[1,2,3]", JSONLimits(values: 3)) }
    }

    @Test("only a buffer's readable bytes are read")
    func readableBytes() throws {
        var buffer = ByteBuffer(string: "xx[1]yy")
        buffer.moveReaderIndex(to: 2)
        buffer.moveWriterIndex(to: 5)
        #expect(try JSONValue(parsing: buffer) == .array([.integer(1)]))
    }
}

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test(
        "a string is escaped as Go escapes it",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("<&>", #""\u003c\u0026\u003e""#),
            ("\u{8}\u{C}\n\r\t\u{B}\0\u{1F}", #""\b\f\n\r\t\u000b\u0000\u001f""#), ("é🐳\u{7F}/", "\"é🐳\u{7F}/\""),
            ("a\u{2028}b\u{2029}", #""a\u2028b\u2029""#), ("\u{2027}\u{202A}", "\"\u{2027}\u{202A}\""),
        ]
    )
    func strings(text: String, json: String) throws {
        var buffer = ByteBuffer()
        #expect(buffer.writeJSONString(text) == json.utf8.count)
        #expect(String(buffer: buffer) == json)
        #expect(try JSONValue(parsing: buffer) == .string(text))
    }

    @Test("lists and objects of strings are written without spaces, members sorted")
    func containers() {
        var buffer = ByteBuffer()
        buffer.writeJSONStrings(["a", "b\n"])
        buffer.writeJSONStrings([String]())
        buffer.writeJSONObject(["b": "2", "B": "1", "a.c": "<"])
        buffer.writeJSONObject([:])
        #expect(String(buffer: buffer) == #"["a","b\n"][]{"B":"1","a.c":"\u003c","b":"2"}{}"#)
    }
}
