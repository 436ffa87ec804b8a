extension Value {
    /// The value as JSON, as the peer hands a driver's credentials on.
    var json: String {
        switch content {
        case .null: return "null"
        case .scalar(let scalar):
            switch scalar.kind {
            case .bool(let flag): return String(flag)
            case .integer(let number): return String(number)
            case .float(let number) where number.isFinite: return String(number)
            case .float, .string, .duration: return Self.quoted(scalar.text)
            }
        case .list(let elements): return "[" + elements.map(\.json).joined(separator: ",") + "]"
        case .map(let entries):
            return "{" + entries.map { Self.quoted($0.key) + ":" + $0.value.json }.joined(separator: ",") + "}"
        }
    }

    /// A JSON text; YAML reads it as a double-quoted scalar.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
