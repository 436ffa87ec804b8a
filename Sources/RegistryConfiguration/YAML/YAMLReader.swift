internal import Yams

/// Reads YAML as the peer's parser does, and keeps the place of every node.
struct YAMLReader {
    /// What makes an origin of a place in the text.
    let origin: (_ line: Int, _ column: Int) -> ConfigurationOrigin

    /// What was odd but not wrong.
    private(set) var warnings: [ConfigurationDiagnostic] = []

    /// Marks a key that the same map gives again later: libYAML's composer refuses such maps, the peer's takes the
    /// last value. A private-use character, which no known key begins with.
    private static let repeatedMark = "\u{F8FF}"

    /// Bounds what aliases may unfold to, so that a small text can't make a large tree.
    private var nodesLeft = 50_000

    private static let greatestLength = 1 << 20
    private static let greatestDepth = 64

    init(origin: @escaping (_ line: Int, _ column: Int) -> ConfigurationOrigin) {
        self.origin = origin
    }

    /// The first document of a text; a null value when there is none.
    mutating func read(_ text: String) throws(ConfigurationDiagnostic) -> Value {
        guard text.utf8.count <= Self.greatestLength else {
            throw problem("a configuration of more than 1 MiB", 1, 1)
        }
        guard let root = try compose(text) else { return Value(.null, origin(1, 1)) }
        return try value(of: root, depth: 0)
    }

    private func problem(_ text: String, _ line: Int, _ column: Int, _ path: String = "") -> ConfigurationDiagnostic {
        ConfigurationDiagnostic(.error, origin(line, column), path, text)
    }

    // MARK: - Composing

    private mutating func compose(_ original: String) throws(ConfigurationDiagnostic) -> Node? {
        var text = original
        // Each round marks one key that is given again, so a document has at most as many rounds as such keys.
        for _ in 0..<100 {
            do {
                return try Parser(yaml: text, resolver: .basic, encoding: .utf8).nextRoot()
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let marked = Self.marking(keys.first ?? "", context.mark.line, context.mark.column, in: text)
                guard let marked else {
                    throw problem("a key given twice: \(keys.first ?? "")", context.mark.line, context.mark.column)
                }
                text = marked
            } catch let error as YamlError {
                throw diagnostic(of: error)
            } catch {
                throw problem("not readable as YAML", 1, 1)
            }
        }
        throw problem("more than 100 keys given twice", 1, 1)
    }

    private func diagnostic(of error: YamlError) -> ConfigurationDiagnostic {
        switch error {
        case .scanner(let context, let text, let mark, _), .parser(let context, let text, let mark, _),
            .composer(let context, let text, let mark, _):
            let around = context.map { " (\($0.text) of line \($0.mark.line))" } ?? ""
            return problem("not readable as YAML: \(text)\(around)", mark.line, mark.column)
        case .reader(let text, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            let line = before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            return problem("not readable as YAML: \(text)", line, 1)
        default:
            return problem("not readable as YAML", 1, 1)
        }
    }

    /// The text with the key at a place marked as given again; `nil` when that key doesn't stand there plainly.
    private static func marking(_ key: String, _ line: Int, _ column: Int, in text: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        var index = scalars.startIndex
        var currentLine = 1
        while currentLine < line, index < scalars.endIndex {
            if scalars[index] == "\n" { currentLine += 1 }
            index += 1
        }
        index += column - 1
        guard index >= 0, index < scalars.endIndex else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard !key.isEmpty, scalars[index...].starts(with: key.unicodeScalars) else { return nil }
        scalars.insert(contentsOf: repeatedMark.unicodeScalars, at: index)
        var marked = String.UnicodeScalarView()
        marked.append(contentsOf: scalars)
        return String(marked)
    }

    // MARK: - Values

    private mutating func value(of node: Node, depth: Int) throws(ConfigurationDiagnostic) -> Value {
        let mark = (line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        nodesLeft -= 1
        guard nodesLeft > 0, depth <= Self.greatestDepth else {
            throw problem("too many or too deeply nested values", mark.line, mark.column)
        }
        let place = origin(mark.line, mark.column)
        switch node {
        case .scalar(let scalar):
            return Value(Self.content(of: scalar), place)
        case .sequence(let sequence):
            var elements: [Value] = []
            for element in sequence { elements.append(try value(of: element, depth: depth + 1)) }
            return Value(.list(elements), place)
        case .mapping(let mapping):
            return Value(.map(try entries(of: mapping, depth: depth)), place)
        case .alias:
            throw problem("an alias of nothing", mark.line, mark.column)
        }
    }

    private mutating func entries(
        of mapping: Node.Mapping,
        depth: Int
    ) throws(ConfigurationDiagnostic) -> [Value.Entry] {
        var entries: [Value.Entry] = []
        var merged: [Value.Entry] = []
        for (keyNode, valueNode) in mapping {
            let mark = (line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
            guard case .scalar(let key) = keyNode else {
                throw problem("a list or map as key; expected a word", mark.line, mark.column)
            }
            let place = origin(mark.line, mark.column)
            if key.string.hasPrefix(Self.repeatedMark) {
                // Given three times, the marked keys were equal in turn and marked again.
                let name = key.string.replacing(Self.repeatedMark, with: "")
                warnings.append(
                    .init(.warning, place, name, "is given again below; this value has no effect")
                )
                continue
            }
            let value = try value(of: valueNode, depth: depth + 1)
            if key.string == "<<", key.style == .plain || key.style == .any {
                merged += Self.merged(value)
            } else {
                entries.append(Value.Entry(key: key.string, keyOrigin: place, value: value))
            }
        }
        // A map's own keys win over merged ones, an earlier merged map over a later.
        for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
        return entries
    }

    private static func merged(_ value: Value) -> [Value.Entry] {
        switch value.content {
        case .map(let entries): entries
        case .list(let maps): maps.flatMap { $0.entries ?? [] }
        default: []
        }
    }

    private static func content(of scalar: Node.Scalar) -> Value.Content {
        let text = scalar.string
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str", "!", "tag:yaml.org,2002:binary": return .scalar(Scalar(text, .string))
        default: break
        }
        guard scalar.style == .plain || scalar.style == .any else { return .scalar(Scalar(text, .string)) }
        return Scalar.resolve(plain: text).map { .scalar($0) } ?? .null
    }
}

extension ConfigurationDiagnostic: Error {}
