/// One YAML scalar: the text as it was written, and what it resolved to.
struct Scalar: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case bool(Bool)
        case integer(Int64)
        case float(Double)
        case string
        /// Nanoseconds; only in checked values.
        case duration(Int64)

        var name: String {
            switch self {
            case .bool: "a boolean"
            case .integer: "an integer"
            case .float: "a number"
            case .string: "a string"
            case .duration: "a duration"
            }
        }
    }

    var text: String
    var kind: Kind

    init(_ text: String, _ kind: Kind) {
        self.text = text
        self.kind = kind
    }
}

extension Scalar {
    /// Resolves a plain scalar as go-yaml v2 does (YAML 1.1 with `y`, `n`, `on` and `off` as booleans, octal numbers
    /// with a leading zero, and no sexagesimal numbers); `nil` is YAML's null.
    ///
    /// Own code, since Yams's resolver follows other rules and the peer's are the contract.
    static func resolve(plain text: String) -> Scalar? {
        switch text {
        case "", "~", "null", "Null", "NULL": return nil
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return Scalar(text, .bool(true))
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
            return Scalar(text, .bool(false))
        case ".nan", ".NaN", ".NAN": return Scalar(text, .float(.nan))
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return Scalar(text, .float(.infinity))
        case "-.inf", "-.Inf", "-.INF": return Scalar(text, .float(-.infinity))
        default: break
        }
        guard let first = text.utf8.first, first == UInt8(ascii: ".") || isSignOrDigit(first) else {
            return Scalar(text, .string)
        }
        let digits = first == UInt8(ascii: ".") ? text : text.filter { $0 != "_" }
        if let integer = integer(digits) { return Scalar(text, .integer(integer)) }
        if isNumber(digits), let number = Double(digits) { return Scalar(text, .float(number)) }
        return Scalar(text, .string)
    }

    /// Go's `strconv.ParseInt` with base 0: decimal, `0x`, `0o`, `0b`, and octal after a leading zero.
    static func integer(_ text: some StringProtocol) -> Int64? {
        var digits = Substring(text)
        var sign = ""
        if let first = digits.first, first == "+" || first == "-" {
            sign = first == "-" ? "-" : ""
            digits = digits.dropFirst()
        }
        guard let first = digits.utf8.first, isDigit(first) else { return nil }
        var radix = 10
        if first == UInt8(ascii: "0"), digits.utf8.count > 1 {
            switch digits.dropFirst().first {
            case "x", "X": radix = 16
            case "o", "O": radix = 8
            case "b", "B": radix = 2
            default: radix = 0
            }
            digits = digits.dropFirst(radix == 0 ? 1 : 2)
            if radix == 0 { radix = 8 }
        }
        guard let start = digits.first, start != "+", start != "-" else { return nil }
        return Int64(sign + digits, radix: radix)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(fraction)
        }
        guard whole.count + fraction > 0 else { return false }
        guard let exponent = rest.first else { return true }
        guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isSignOrDigit(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || isDigit(byte)
    }
}
