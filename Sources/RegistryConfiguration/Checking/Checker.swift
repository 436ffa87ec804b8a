/// Compares what was written with the schema: fills in defaults, converts every scalar to its setting's type, and
/// collects everything that is wrong.
struct Checker {
    /// Whether a key that nobody knows is an error.
    let strict: Bool
    var diagnostics: [ConfigurationDiagnostic] = []
    /// All key paths of the schema by their last key, to suggest where a misplaced key belongs.
    private let paths: [String: [String]]

    init(strict: Bool, schema: [Setting]) {
        self.strict = strict
        var paths: [String: [String]] = [:]
        Self.collect(schema, "", into: &paths)
        self.paths = paths
    }

    private static func collect(_ settings: [Setting], _ prefix: String, into paths: inout [String: [String]]) {
        for setting in settings {
            let path = prefix + setting.key
            paths[setting.key, default: []].append(path)
            if case .group(let settings, _) = setting.shape { collect(settings, path + ".", into: &paths) }
        }
    }

    /// The paths of what was wrong.
    var refusedPaths: [String] { diagnostics.filter { $0.severity == .error }.map(\.keyPath) }

    // MARK: - Any shape

    /// The effective value of a setting; `nil` when it has none.
    mutating func check(_ value: Value, _ shape: Shape, _ path: String, secret: Bool) -> Value? {
        switch shape {
        case .group(let settings, let kind):
            return checkGroup(value, settings, kind, path, secret: secret)
        case .list(let element):
            return checkList(value, element, path, secret: secret)
        case .map(let element):
            return checkMap(value, element, path, secret: secret)
        case .anything, .options:
            return marked(value, secret: secret)
        case .bool, .integer, .duration, .string, .choice:
            return checkScalar(value, shape, path, secret: secret)
        }
    }

    private func marked(_ value: Value, secret: Bool) -> Value {
        guard secret else { return value }
        var value = value
        value.isSecret = true
        switch value.content {
        case .list(let elements): value.content = .list(elements.map { marked($0, secret: true) })
        case .map(let entries):
            value.content = .map(
                entries.map { .init(key: $0.key, keyOrigin: $0.keyOrigin, value: marked($0.value, secret: true)) }
            )
        case .null, .scalar: break
        }
        return value
    }

    mutating func wrongKind(_ value: Value, _ path: String, expected: String, secret: Bool) {
        report(value.origin, path, Self.quoted(value, secret: secret), expected: expected)
    }

    mutating func report(
        _ origin: ConfigurationOrigin,
        _ path: String,
        _ problem: String,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        diagnostics.append(.init(.error, origin, path, problem, expected: expected, suggestion: suggestion))
    }

    /// What stands there, without giving a secret away.
    static func quoted(_ value: Value, secret: Bool) -> String {
        guard let scalar = value.scalar else { return value.kindName }
        guard !secret else { return scalar.kind.name }
        let text = scalar.text.count > 60 ? scalar.text.prefix(60) + "…" : scalar.text[...]
        switch scalar.kind {
        case .string: return "'\(text)'"
        case .bool, .integer, .float, .duration: return "\(text) (\(scalar.kind.name))"
        }
    }

    // MARK: - Lists and maps

    private mutating func checkList(_ value: Value, _ element: Shape, _ path: String, secret: Bool) -> Value? {
        guard let elements = value.elements else {
            wrongKind(value, path, expected: "a list\(Self.listExample(value, secret: secret))", secret: secret)
            return nil
        }
        var checked: [Value] = []
        for (index, item) in elements.enumerated() where !item.isNull {
            if let item = check(item, element, "\(path)[\(index)]", secret: secret) { checked.append(item) }
        }
        return Value(.list(checked), value.origin, isSecret: secret)
    }

    private static func listExample(_ value: Value, secret: Bool) -> String {
        guard let scalar = value.scalar, !secret, scalar.text.count <= 60 else { return "" }
        return " such as [\(scalar.text)]"
    }

    private mutating func checkMap(_ value: Value, _ element: Shape, _ path: String, secret: Bool) -> Value? {
        guard let entries = value.entries else {
            wrongKind(value, path, expected: "a map", secret: secret)
            return nil
        }
        var checked: [Value.Entry] = []
        for entry in entries where !entry.value.isNull {
            let item = check(entry.value, element, "\(path).\(entry.key)", secret: secret)
            if let item { checked.append(.init(key: entry.key, keyOrigin: entry.keyOrigin, value: item)) }
        }
        return Value(.map(checked), value.origin, isSecret: secret)
    }

    // MARK: - Unknown keys

    mutating func unknownKey(_ entry: Value.Entry, _ settings: [Setting], _ kind: GroupKind, _ path: String) {
        let known = settings.flatMap { [$0.key] + $0.aliases }
        let nearest = Suggestion.nearest(to: entry.key, among: known)
        let full = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        var severity = strict ? ConfigurationDiagnostic.Severity.error : .warning
        var problem = "is not a known key and has no effect"
        var suggestion = nearest
        switch kind {
        case .alternatives(let what, let reserved):
            severity = .error
            problem = "'\(entry.key)' is not a known \(what)"
            let choices = settings.map(\.key).filter {
                !reserved.contains($0) && !PeerSchema.absentDrivers.contains($0)
            }
            diagnostics.append(
                .init(
                    severity,
                    entry.keyOrigin,
                    path,
                    problem,
                    expected: "one of \(choices.joined(separator: ", "))",
                    suggestion: nearest
                )
            )
            return
        case .own:
            severity = .error
            problem = "is not a known key"
        case .structure, .inlined, .parameters:
            // A key that is known elsewhere is probably indented wrongly.
            if nearest == nil, let places = paths[entry.key], places.count == 1 { suggestion = places.first }
        }
        diagnostics.append(.init(severity, entry.keyOrigin, full, problem, suggestion: suggestion))
    }
}
