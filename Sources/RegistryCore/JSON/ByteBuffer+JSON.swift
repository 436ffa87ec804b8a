public import NIOCore

extension ByteBuffer {
    /// Writes a JSON string with its quotes, escaped as Go's `encoding/json` escapes.
    ///
    /// So `<`, `>`, `&`, U+2028 and U+2029 are escaped too, as in the answers of the replaced server.
    ///
    /// - Returns: the number of bytes written.
    @discardableResult
    public mutating func writeJSONString(_ string: some StringProtocol) -> Int {
        let start = writerIndex
        writeInteger(UInt8(ascii: "\""))
        var string = String(string)
        string.withUTF8 { text in
            var plain = 0
            var index = 0
            while index < text.count {
                guard let (escape, length) = Self.jsonEscape(in: text, at: index) else {
                    index += 1
                    continue
                }
                writeBytes(text[plain..<index])
                writeBytes(escape)
                index += length
                plain = index
            }
            writeBytes(text[plain...])
        }
        writeInteger(UInt8(ascii: "\""))
        return writerIndex - start
    }

    /// Writes `"name":`, after a comma unless it is the first member of its object.
    ///
    /// - Parameter isFirst: whether no member was written yet; false afterwards.
    public mutating func writeJSONName(_ name: String, isFirst: inout Bool) {
        if !isFirst { writeInteger(UInt8(ascii: ",")) }
        isFirst = false
        writeJSONString(name)
        writeInteger(UInt8(ascii: ":"))
    }

    /// Writes an array of strings.
    public mutating func writeJSONStrings(_ strings: some Sequence<some StringProtocol>) {
        writeInteger(UInt8(ascii: "["))
        var isFirst = true
        for string in strings {
            if !isFirst { writeInteger(UInt8(ascii: ",")) }
            isFirst = false
            writeJSONString(string)
        }
        writeInteger(UInt8(ascii: "]"))
    }

    /// Writes an object of strings, its members sorted by name byte by byte, as Go sorts them.
    public mutating func writeJSONObject(_ members: [String: String]) {
        writeInteger(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            writeJSONName(name, isFirst: &isFirst)
            writeJSONString(value)
        }
        writeInteger(UInt8(ascii: "}"))
    }

    /// The escape of the character that begins at an index, and the length of that character; `nil` where none is due.
    private static func jsonEscape(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> ([UInt8], Int)? {
        let byte = text[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return ([UInt8(ascii: "\\"), byte], 1)
        case 0x08: return (Array(#"\b"#.utf8), 1)
        case 0x0C: return (Array(#"\f"#.utf8), 1)
        case 0x0A: return (Array(#"\n"#.utf8), 1)
        case 0x0D: return (Array(#"\r"#.utf8), 1)
        case 0x09: return (Array(#"\t"#.utf8), 1)
        case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            let digits = Array("0123456789abcdef".utf8)
            return (Array(#"\u00"#.utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]], 1)
        case 0xE2:
            // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
            guard index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 else { return nil }
            return (Array(text[index + 2] == 0xA8 ? #"\u2028"#.utf8 : #"\u2029"#.utf8), 3)
        default: return nil
        }
    }

    /// Writes what a long run did as an object: its texts, whether it changed nothing, its numbers, and what was not as it
    /// should be.
    mutating func writeJSONSummary(
        texts: [(name: String, value: String?)],
        isDryRun: Bool,
        numbers: [(name: String, value: Int64)],
        problems: [String]
    ) {
        var isFirst = true
        writeString("{")
        for (name, text) in texts {
            writeJSONName(name, isFirst: &isFirst)
            if let text { writeJSONString(text) } else { writeString("null") }
        }
        writeJSONName("dryRun", isFirst: &isFirst)
        writeString(isDryRun ? "true" : "false")
        for (name, value) in numbers {
            writeJSONName(name, isFirst: &isFirst)
            writeString(String(value))
        }
        writeJSONName("problems", isFirst: &isFirst)
        writeJSONStrings(problems)
        writeString("}")
    }
}
