/// Compares an access file with its grammar, and collects everything that is wrong.
struct AccessFileCheck {
    let isPattern: (String) -> Bool
    var diagnostics: [ConfigurationDiagnostic] = []
    /// The users that the file lists, where it lists any.
    private var users: [String]?

    init(isPattern: @escaping (String) -> Bool) { self.isPattern = isPattern }

    mutating func check(_ root: Value) -> AccessFile {
        var file = AccessFile(groups: [:], rules: [])
        guard let entries = map(root, "", knowing: ["users", "groups", "rules"]) else { return file }
        if entries["users"] != nil {
            let names = texts(root["users"], "users")
            for (index, name) in names.enumerated() where !isUserName(name.text) {
                report(name, "users[\(index)]", "'\(name.text)'", expected: "a user's name, without a colon")
            }
            users = names.map(\.text)
        }
        if let groups = root["groups"], !groups.isNull {
            guard let written = groups.entries else {
                report(groups, "groups", groups.kindName, expected: "a map of groups with their members")
                return file
            }
            for group in written { file.groups[group.key] = members(group) }
        }
        guard let rules = root["rules"], let elements = rules.elements else {
            report(
                root["rules"] ?? root,
                "rules",
                root["rules"].map(\.kindName) ?? "is missing",
                expected: "a list of rules"
            )
            return file
        }
        for (index, element) in elements.enumerated() {
            if let rule = rule(element, "rules[\(index)]", file.groups) { file.rules.append(rule) }
        }
        return file
    }

    private mutating func members(_ group: Value.Entry) -> [String] {
        let path = "groups.\(group.key)"
        if !isUserName(group.key) {
            diagnostics.append(
                .init(.error, group.keyOrigin, path, "'\(group.key)'", expected: "a name without a colon")
            )
        }
        return texts(group.value, path).enumerated().compactMap { index, member in
            guard case .user(let name)? = subject(member, "\(path)[\(index)]", [:]) else {
                if diagnostics.last?.origin != member.origin {
                    report(member, "\(path)[\(index)]", "'\(member.text)'", expected: "a user or certificate:NAME")
                }
                return nil
            }
            return name
        }
    }

    // MARK: - Rules

    private mutating func rule(_ value: Value, _ path: String, _ groups: [String: [String]]) -> AccessFile.Rule? {
        guard let entries = map(value, path, knowing: ["allow", "deny", "who", "repositories"]) else { return nil }
        guard (entries["allow"] == nil) != (entries["deny"] == nil) else {
            let problem = entries["allow"] == nil ? "neither allows nor denies" : "allows and denies"
            report(value, path, problem, expected: "allow or deny, with actions")
            return nil
        }
        let verb = entries["allow"] == nil ? "deny" : "allow"
        let actions = actions(entries[verb], "\(path).\(verb)")
        guard entries["who"] != nil else {
            report(value, "\(path).who", "is missing", expected: #"users, group:NAME, "*" or anonymous"#)
            return nil
        }
        let subjects = texts(entries["who"], "\(path).who").enumerated().compactMap { index, text in
            subject(text, "\(path).who[\(index)]", groups)
        }
        let patterns = texts(entries["repositories"], "\(path).repositories", mayLack: true)
        if patterns.isEmpty, entries["repositories"] == nil, actions.contains(where: { $0 != "catalog" }) {
            report(value, "\(path).repositories", "is missing", expected: #"patterns such as team/** or "*""#)
        }
        for (index, pattern) in patterns.enumerated() where !isPattern(pattern.text) {
            let expected = "a pattern that a repository's name can match, in lower case"
            report(pattern, "\(path).repositories[\(index)]", "'\(pattern.text)'", expected: expected)
        }
        return AccessFile.Rule(
            allows: verb == "allow",
            subjects: subjects,
            actions: actions,
            repositories: patterns.map(\.text),
            line: Self.line(value.origin)
        )
    }

    private mutating func actions(_ value: Value?, _ path: String) -> [String] {
        var actions: [String] = []
        for (index, action) in texts(value, path).enumerated() {
            if action.text == "*" { return AccessFile.actions }
            if AccessFile.actions.contains(action.text) {
                actions.append(action.text)
            } else {
                report(
                    action,
                    "\(path)[\(index)]",
                    "'\(action.text)'",
                    expected: #"pull, push, delete, catalog or "*""#,
                    suggestion: Suggestion.nearest(to: action.text, among: AccessFile.actions)
                )
            }
        }
        return actions
    }

    /// - Parameter groups: the groups that may be named.
    private mutating func subject(
        _ text: LocatedText,
        _ path: String,
        _ groups: [String: [String]]
    ) -> AccessFile.Subject? {
        let (kind, colon, name) = Self.parted(text.text)
        switch (kind, colon) {
        case ("*", false): return .anyUser
        case ("anonymous", false): return .anonymous
        case ("certificate", true) where !name.isEmpty: return .user(text.text)
        case ("group", true):
            if groups[name] != nil { return .group(name) }
            let nearest = Suggestion.nearest(to: name, among: groups.keys.sorted())
            report(text, path, "there is no group '\(name)'", suggestion: nearest.map { "group:\($0)" })
        case (_, true):
            report(text, path, "'\(text.text)'", expected: "a user, group:NAME, certificate:NAME, \"*\" or anonymous")
        case (_, false):
            guard !text.text.isEmpty else {
                report(text, path, "is empty", expected: "a user's name")
                return nil
            }
            if let users, !users.contains(text.text) {
                let nearest = Suggestion.nearest(to: text.text, among: users)
                report(text, path, "'\(text.text)' is not one of the users that the file lists", suggestion: nearest)
                return nil
            }
            return .user(text.text)
        }
        return nil
    }

    // MARK: - Values

    /// A text with its place.
    private struct LocatedText {
        let text: String
        let origin: ConfigurationOrigin
    }

    /// The texts of a list, or the one that stands in its place.
    private mutating func texts(_ value: Value?, _ path: String, mayLack: Bool = false) -> [LocatedText] {
        guard let value, !value.isNull else {
            if !mayLack || value != nil {
                diagnostics.append(
                    .init(.error, value?.origin ?? .default, path, "is empty", expected: "a list of texts")
                )
            }
            return []
        }
        if let scalar = value.scalar { return [LocatedText(text: scalar.text, origin: value.origin)] }
        guard let elements = value.elements else {
            report(value, path, value.kindName, expected: "a list of texts")
            return []
        }
        if elements.isEmpty { report(value, path, "is empty", expected: "a list of texts") }
        return elements.enumerated().compactMap { index, element in
            guard let scalar = element.scalar else {
                report(element, "\(path)[\(index)]", element.kindName, expected: "a text")
                return nil
            }
            return LocatedText(text: scalar.text, origin: element.origin)
        }
    }

    private mutating func map(_ value: Value, _ path: String, knowing keys: [String]) -> [String: Value]? {
        guard let entries = value.entries else {
            report(value, path, value.kindName, expected: "a map with \(keys.joined(separator: ", "))")
            return nil
        }
        var known: [String: Value] = [:]
        for entry in entries {
            if keys.contains(entry.key) {
                known[entry.key] = entry.value
            } else {
                let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                let nearest = Suggestion.nearest(to: entry.key, among: keys)
                diagnostics.append(
                    .init(.error, entry.keyOrigin, place, "is not a known key", suggestion: nearest)
                )
            }
        }
        return known
    }

    private func isUserName(_ text: String) -> Bool {
        !text.isEmpty && !text.contains(":") && text != "*" && text != "anonymous"
    }

    private static func parted(_ text: String) -> (kind: String, colon: Bool, name: String) {
        guard let colon = text.firstIndex(of: ":") else { return (text, false, "") }
        return (String(text[..<colon]), true, String(text[text.index(after: colon)...]))
    }

    private static func line(_ origin: ConfigurationOrigin) -> Int {
        if case .file(_, let line, _) = origin { line } else { 0 }
    }

    private mutating func report(
        _ text: LocatedText,
        _ path: String,
        _ problem: String,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        diagnostics.append(.init(.error, text.origin, path, problem, expected: expected, suggestion: suggestion))
    }

    private mutating func report(_ value: Value, _ path: String, _ problem: String, expected: String) {
        diagnostics.append(.init(.error, value.origin, path, problem, expected: expected))
    }
}
