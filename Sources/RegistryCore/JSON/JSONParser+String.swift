extension JSONParser {
    /// Reads a string; the position is at its opening quote.
    mutating func parseString() throws(JSONError) -> String {
        let start = position
        position += 1
        let content = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                let string = try checked(text[content..<position], startingAt: start)
                position += 1
                return string
            case UInt8(ascii: "\\"): return try parseEscapedString(content: content, start: start)
            case 0..<0x20: throw error(.controlCharacter)
            default: position += 1
            }
        }
        throw error(.endsTooEarly)
    }

    /// Reads the rest of a string that holds an escape; the position is at the first one.
    private mutating func parseEscapedString(content: Int, start: Int) throws(JSONError) -> String {
        var bytes = Array(text[content..<position])
        while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try checked(bytes, startingAt: start)
            case UInt8(ascii: "\\"): try parseEscape(into: &bytes)
            case 0..<0x20: throw error(.controlCharacter)
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw error(.endsTooEarly)
    }

    private func checked(_ bytes: some Sequence<UInt8>, startingAt start: Int) throws(JSONError) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else { throw JSONError(.invalidText, at: start) }
        return string
    }

    private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSONError) {
        guard position + 1 < text.count else { throw JSONError(.endsTooEarly, at: text.count) }
        let unescaped: UInt8
        switch text[position + 1] {
        case UInt8(ascii: "\""): unescaped = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): unescaped = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): unescaped = UInt8(ascii: "/")
        case UInt8(ascii: "b"): unescaped = 0x08
        case UInt8(ascii: "f"): unescaped = 0x0C
        case UInt8(ascii: "n"): unescaped = 0x0A
        case UInt8(ascii: "r"): unescaped = 0x0D
        case UInt8(ascii: "t"): unescaped = 0x09
        case UInt8(ascii: "u"):
            let scalar = try parseUnicodeEscape()
            bytes.append(contentsOf: String(scalar).utf8)
            return
        default: throw error(.invalidEscape)
        }
        bytes.append(unescaped)
        position += 2
    }

    /// Reads `\uXXXX`, or two of them that make one character.
    private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try parseCodeUnit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard (0xD800..<0xDC00).contains(first) else { throw JSONError(.invalidText, at: start) }
        guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.invalidText, at: start) }
        let second = try parseCodeUnit()
        let combined = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) & 0x3FF)
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(combined) else {
            throw JSONError(.invalidText, at: start)
        }
        return scalar
    }

    /// Reads the four digits after `\u`; the position is at the backslash.
    private mutating func parseCodeUnit() throws(JSONError) -> UInt16 {
        position += 2
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < text.count else { throw error(.endsTooEarly) }
            let digit: UInt8
            switch text[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[position] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[position] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = text[position] - UInt8(ascii: "A") + 10
            default: throw error(.invalidEscape)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
