/// A node of the configuration with the place that it comes from.
///
/// The same type holds what was written (any YAML) and, after ``Checker``, what it means (defaults filled in, every
/// scalar converted to its setting's type).
struct Value: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        case scalar(Scalar)
        case list([Value])
        case map([Entry])
    }

    struct Entry: Sendable, Hashable {
        var key: String
        var keyOrigin: ConfigurationOrigin
        var value: Value
    }

    var content: Content
    var origin: ConfigurationOrigin
    /// Never print it.
    var isSecret = false

    init(_ content: Content, _ origin: ConfigurationOrigin, isSecret: Bool = false) {
        self.content = content
        self.origin = origin
        self.isSecret = isSecret
    }

    var isNull: Bool { content == .null }

    var scalar: Scalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    var entries: [Entry]? {
        if case .map(let entries) = content { entries } else { nil }
    }

    var elements: [Value]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    /// The value of a key of a map.
    subscript(key: String) -> Value? {
        entries?.last { $0.key == key }?.value
    }

    /// Sets a key of a map, in the place of the entry that it replaces.
    mutating func set(_ key: String, to value: Value) {
        var entries = entries ?? []
        if let index = entries.lastIndex(where: { $0.key == key }) {
            entries[index].value = value
            entries[index].keyOrigin = value.origin
        } else {
            entries.append(Entry(key: key, keyOrigin: value.origin, value: value))
        }
        content = .map(entries)
    }
}

extension Value {
    /// What kind of node stands here, in the words of a diagnostic.
    var kindName: String {
        switch content {
        case .null: "nothing"
        case .scalar(let scalar): scalar.kind.name
        case .list: "a list"
        case .map: "a map"
        }
    }
}
