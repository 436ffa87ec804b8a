extension Checker {
    /// A group with its defaults; `nil` when something else stands in its place.
    mutating func checkGroup(
        _ value: Value,
        _ settings: [Setting],
        _ kind: GroupKind,
        _ path: String,
        secret: Bool
    ) -> Value? {
        var value = value
        if case .alternatives = kind { EnvironmentOverrides.unfoldBareName(&value) }
        guard value.isNull || value.entries != nil else {
            wrongKind(value, path, expected: "a map", secret: secret)
            return nil
        }
        let written = value.entries ?? []
        for entry in written where !settings.contains(where: { $0.isWritten(entry.key) }) {
            unknownKey(entry, settings, kind, path)
        }
        var checked: [Value.Entry] = []
        for setting in settings {
            let entry = Self.entry(of: setting, in: written)
            let keyPath = path.isEmpty ? setting.key : "\(path).\(setting.key)"
            let item = checkSetting(setting, entry, written, kind, keyPath, group: value, secret: secret)
            guard let item else { continue }
            checked.append(.init(key: setting.key, keyOrigin: entry?.keyOrigin ?? item.origin, value: item))
        }
        return Value(.map(checked), value.origin, isSecret: secret)
    }

    /// The entry that sets a key: under its own name before any other spelling.
    private static func entry(of setting: Setting, in written: [Value.Entry]) -> Value.Entry? {
        written.last { $0.key == setting.key } ?? written.last { setting.aliases.contains($0.key) }
    }

    private mutating func checkSetting(
        _ setting: Setting,
        _ entry: Value.Entry?,
        _ siblings: [Value.Entry],
        _ kind: GroupKind,
        _ path: String,
        group: Value,
        secret: Bool
    ) -> Value? {
        let secret = secret || setting.isSecret
        guard let entry, !entry.value.isNull else {
            // A driver that is named without parameters is chosen all the same.
            if let entry, case .alternatives = kind, setting.isOptional {
                let bare = Value(.map([]), entry.keyOrigin)
                return check(bare, setting.shape, path, secret: secret)
            }
            return absent(setting, path, group: group, secret: secret)
        }
        if case .options(let table) = setting.shape {
            return checkOptions(entry.value, table, siblings, path)
        }
        // An empty word is no choice.
        if case .choice = setting.shape, entry.value.scalar?.text.isEmpty == true {
            return defaulted(setting, path, origin: entry.value.origin)
        }
        let before = diagnostics.count
        guard let value = check(entry.value, setting.shape, path, secret: secret) else {
            guard setting.isIgnoredWhenWrong else { return nil }
            for index in before..<diagnostics.count {
                diagnostics[index].severity = .warning
                diagnostics[index].problem += " is ignored here"
            }
            return defaulted(setting, path, origin: .default)
        }
        if setting.isRequired, value.scalar?.text.isEmpty == true {
            report(value.origin, path, "is required and stands empty")
        }
        if Self.isUnset(value, setting) { return defaulted(setting, path, origin: value.origin) }
        return value
    }

    private mutating func absent(_ setting: Setting, _ path: String, group: Value, secret: Bool) -> Value? {
        if case .options(let table) = setting.shape {
            return checkOptions(Value(.map([]), group.origin), table, group.entries ?? [], path)
        }
        if setting.isRequired {
            if case .group = setting.shape {
            } else {
                report(group.origin, path, "is required and missing")
                return nil
            }
        }
        if setting.isOptional { return nil }
        if case .group(let settings, let kind) = setting.shape {
            return checkGroup(Value(.map([]), .default), settings, kind, path, secret: secret)
        }
        return defaulted(setting, path, origin: .default)
    }

    /// The default as if it had been written at a place.
    private mutating func defaulted(_ setting: Setting, _ path: String, origin: ConfigurationOrigin) -> Value? {
        guard let text = setting.defaultText, let scalar = Scalar.resolve(plain: text) else { return nil }
        return check(Value(.scalar(scalar), origin), setting.shape, path, secret: setting.isSecret)
    }

    /// Whether the peer takes a value as none.
    private static func isUnset(_ value: Value, _ setting: Setting) -> Bool {
        switch value.scalar?.kind {
        case .integer(let number):
            number == 0 && setting.zeroIsDefault || number < 0 && setting.negativeIsDefault
        case .duration(let nanoseconds): nanoseconds == 0 && setting.zeroIsDefault
        case .string: value.scalar?.text.isEmpty == true && setting.zeroIsDefault
        case .bool, .float, nil: false
        }
    }

    private mutating func checkOptions(
        _ value: Value,
        _ table: [String: [Setting]],
        _ siblings: [Value.Entry],
        _ path: String
    ) -> Value? {
        guard let name = siblings.last(where: { $0.key == "name" })?.value, let text = name.scalar?.text else {
            return value
        }
        guard let settings = table[text] else {
            let place = String(path.dropLast("options".count)) + "name"
            let choices = table.keys.sorted()
            report(
                name.origin,
                place,
                "'\(text)' is not a known middleware",
                expected: choices.isEmpty
                    ? "none, since there are none of this kind"
                    : "one of "
                        + choices.joined(separator: ", "),
                suggestion: Suggestion.nearest(to: text, among: choices)
            )
            return value
        }
        return checkGroup(value, settings, .parameters, path, secret: false)
    }
}
