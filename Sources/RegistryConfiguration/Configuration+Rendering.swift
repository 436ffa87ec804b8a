extension Configuration {
    /// The effective configuration as YAML, each value with its origin as a comment.
    ///
    /// - Parameter maskingSecrets: Whether passwords, keys and the values of request headers are replaced by stars.
    ///   Passwords inside URLs are replaced as well.
    public func rendered(maskingSecrets: Bool = true) -> String {
        var renderer = Renderer(isMasking: maskingSecrets)
        renderer.write(map: effective.entries ?? [], indent: 0)
        return renderer.text
    }
}

/// Writes checked values as YAML.
private struct Renderer {
    let isMasking: Bool
    var text = ""

    mutating func write(map entries: [Value.Entry], indent: Int, inItem: Bool = false) {
        let shown = entries.filter { !Self.isEmptyByDefault($0.value) }
        for (index, entry) in shown.enumerated() {
            // The first key of a list's item stands behind the item's dash.
            let margin = inItem && index == 0 ? "" : String(repeating: " ", count: indent)
            write(entry.value, after: margin + Self.plainOrQuoted(entry.key) + ":", indent: indent)
        }
    }

    /// Whether there is nothing in a group that nobody wrote.
    private static func isEmptyByDefault(_ value: Value) -> Bool {
        guard let entries = value.entries, value.origin == .default else { return false }
        return entries.allSatisfy { isEmptyByDefault($0.value) }
    }

    private mutating func write(_ value: Value, after head: String, indent: Int) {
        switch value.content {
        case .map(let entries) where !entries.isEmpty:
            text += head + "\n"
            write(map: entries, indent: indent + 2)
        case .list(let elements) where !elements.isEmpty:
            text += head + "\n"
            for element in elements { write(item: element, indent: indent + 2) }
        default:
            text += "\(head) \(leaf(value))  # \(value.origin)\n"
        }
    }

    private mutating func write(item value: Value, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        if let entries = value.entries, !entries.isEmpty {
            text += margin + "- "
            write(map: entries, indent: indent + 2, inItem: true)
        } else {
            write(value, after: margin + "-", indent: indent)
        }
    }

    private func leaf(_ value: Value) -> String {
        switch value.content {
        case .null: return "null"
        case .list: return "[]"
        case .map: return "{}"
        case .scalar(let scalar):
            if isMasking, value.isSecret { return scalar.text.isEmpty ? "''" : "'***'" }
            switch scalar.kind {
            case .bool(let flag): return String(flag)
            case .integer, .float, .duration: return scalar.text
            case .string: return Self.plainOrQuoted(masked(scalar.text))
            }
        }
    }

    private func masked(_ text: String) -> String {
        guard isMasking, let around = WebAddress(text)?.aroundPassword else { return text }
        return around.before + "***" + around.after
    }

    /// A text as a plain scalar where that reads back as the same text.
    private static func plainOrQuoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
        guard isPlain, let first = text.first, first.isLetter || first.isNumber || first == "/" || first == ".",
            !text.hasSuffix(":"), case .string = Scalar.resolve(plain: text)?.kind
        else { return Value.quoted(text) }
        return text
    }
}
