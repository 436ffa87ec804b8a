/// Escapes as Go's `strconv.Quote` does, so that nothing a client sent can end a line, a quotation or a terminal's
/// mood.
enum GoQuoting {
    /// Appends a text in quotation marks: Go's `%q`.
    static func append(quoted text: some StringProtocol, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        append(escaped: text, to: &line)
        line.append(UInt8(ascii: "\""))
    }

    /// Appends a text's bytes, with what could do harm between quotation marks escaped.
    static func append(escaped text: some StringProtocol, to line: inout [UInt8]) {
        // What clients send hardly ever has anything to escape.
        let isHarmless =
            text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(Self.isHarmless) }
            ?? text.utf8.allSatisfy(Self.isHarmless)
        if isHarmless {
            line.append(text: text)
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
            case 0x20..<0x7F: line.append(UInt8(scalar.value))
            case 0x07...0x0D: line += [UInt8(ascii: "\\"), Array("abtnvfr".utf8)[Int(scalar.value) - 0x07]]
            case 0..<0x20, 0x7F: line += Array(#"\x"#.utf8) + hexadecimal(scalar.value, 2)
            case _ where isPrintable(scalar): line += Array(String(scalar).utf8)
            case 0..<0x10000: line += Array(#"\u"#.utf8) + hexadecimal(scalar.value, 4)
            default: line += Array(#"\U"#.utf8) + hexadecimal(scalar.value, 8)
            }
        }
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
    }

    /// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation and symbols.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }

    private static func hexadecimal(_ value: UInt32, _ width: Int) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<width).reversed().map { digits[Int(value >> UInt32($0 * 4)) & 15] }
    }
}
