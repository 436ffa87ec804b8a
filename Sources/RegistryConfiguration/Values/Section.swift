/// A group of checked settings, read by key.
///
/// Every value has been checked when a section exists: a key that the schema gives a default always has a value, and
/// reading a key as another type than its own gives that type's empty value.
public struct Section: Sendable, Hashable {
    let value: Value

    /// Whether somebody set the key.
    public func isSet(_ key: String) -> Bool {
        guard let value = value[key] else { return false }
        return value.origin != .default
    }

    /// A boolean.
    public func optionalBool(_ key: String) -> Bool? {
        if case .bool(let flag) = value[key]?.scalar?.kind { flag } else { nil }
    }

    /// A boolean, false when there is none.
    public func bool(_ key: String) -> Bool { optionalBool(key) ?? false }

    /// An integer.
    public func optionalInteger(_ key: String) -> Int? {
        if case .integer(let number) = value[key]?.scalar?.kind { Int(exactly: number) } else { nil }
    }

    /// An integer, 0 when there is none.
    public func integer(_ key: String) -> Int { optionalInteger(key) ?? 0 }

    /// A duration.
    public func optionalDuration(_ key: String) -> Duration? {
        if case .duration(let nanoseconds) = value[key]?.scalar?.kind { .nanoseconds(nanoseconds) } else { nil }
    }

    /// A duration, zero when there is none.
    public func duration(_ key: String) -> Duration { optionalDuration(key) ?? .zero }

    /// A text that isn't empty.
    public func optionalString(_ key: String) -> String? {
        value[key]?.scalar.flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// A text, empty when there is none.
    public func string(_ key: String) -> String { optionalString(key) ?? "" }

    /// A list of texts.
    public func strings(_ key: String) -> [String] { value[key]?.elements?.compactMap(\.scalar?.text) ?? [] }

    /// A group, `nil` when it isn't written and has no defaults.
    public func section(_ key: String) -> Section? {
        value[key].flatMap { $0.entries == nil ? nil : Section(value: $0) }
    }

    /// A list of groups.
    public func sections(_ key: String) -> [Section] { value[key]?.elements?.map(Section.init(value:)) ?? [] }

    /// A map of texts: what isn't a text is left out.
    public func texts(_ key: String) -> [String: String] {
        var texts: [String: String] = [:]
        for entry in value[key]?.entries ?? [] { texts[entry.key] = entry.value.scalar?.text }
        return texts
    }

    /// Header fields in the order of the file, each with its values.
    public func headers(_ key: String) -> [HeaderField] {
        (value[key]?.entries ?? []).map { entry in
            HeaderField(name: entry.key, values: entry.value.elements?.compactMap(\.scalar?.text) ?? [])
        }
    }

    /// A group that always exists.
    func required(_ key: String) -> Section { section(key) ?? Section(value: Value(.map([]), .default)) }

    func choice<Choice: RawRepresentable<String>>(_ key: String, or fallback: Choice) -> Choice {
        Choice(rawValue: string(key)) ?? fallback
    }
}

/// A header field with its values, as a configuration lists it.
public struct HeaderField: Sendable, Hashable {
    /// The field's name, in the spelling of the configuration.
    public var name: String
    /// One value for each time that the field is sent.
    public var values: [String]

    /// Makes a header field.
    public init(name: String, values: [String]) {
        self.name = name
        self.values = values
    }
}
