/// One scope: `type[(class)]:name:action[,action]`, as a client of a token service sends it and a token grants it
/// ([token scope](https://distribution.github.io/distribution/spec/auth/scope/)).
public struct TokenScope: Sendable, Hashable {
    /// The kind of the resource, such as `repository`.
    public var type: String
    /// The resource's class, such as `plugin`; empty when there is none.
    public var resourceClass: String
    /// The resource's name.
    public var name: String
    /// What is to be done to it, in order and each once.
    public var actions: [String]

    /// Makes a scope.
    public init(type: String, resourceClass: String = "", name: String, actions: [String]) {
        self.type = type
        self.resourceClass = resourceClass
        self.name = name
        self.actions = actions
    }

    /// Parses one scope. The name may hold a host with a port, so it ends at the last colon.
    ///
    /// - Returns: `nil` when the text breaks the grammar.
    public init?(_ text: some StringProtocol) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first != last else {
            return nil
        }
        var type = String(text[..<first])
        var resourceClass = ""
        if let open = type.firstIndex(of: "(") {
            guard type.hasSuffix(")") else { return nil }
            resourceClass = String(type[type.index(after: open)...].dropLast())
            type = String(type[..<open])
            guard Self.isWord(resourceClass) else { return nil }
        }
        let name = String(text[text.index(after: first)..<last])
        guard Self.isWord(type), !name.isEmpty else { return nil }
        var actions: [String] = []
        for action in text[text.index(after: last)...].split(separator: ",") {
            let action = String(action)
            guard action == "*" || Self.isWord(action) else { return nil }
            if !actions.contains(action) { actions.append(action) }
        }
        self.init(type: type, resourceClass: resourceClass, name: name, actions: actions)
    }

    /// Parses scopes as a request sends them: several texts, each of several scopes separated by spaces.
    ///
    /// - Returns: `nil` when one breaks the grammar or there are more than `limit`. Scopes of one resource are joined.
    public static func parse(_ texts: [String], limit: Int = 100) -> [TokenScope]? {
        var scopes: [TokenScope] = []
        for text in texts {
            for part in text.split(separator: " ") {
                guard let scope = TokenScope(part), scopes.count < limit else { return nil }
                if let index = scopes.firstIndex(where: { $0.isSameResource(as: scope) }) {
                    for action in scope.actions where !scopes[index].actions.contains(action) {
                        scopes[index].actions.append(action)
                    }
                } else {
                    scopes.append(scope)
                }
            }
        }
        return scopes
    }

    private func isSameResource(as other: TokenScope) -> Bool {
        type == other.type && resourceClass == other.resourceClass && name == other.name
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension TokenScope: CustomStringConvertible {
    /// The scope as a request sends it.
    public var description: String {
        "\(type)\(resourceClass.isEmpty ? "" : "(\(resourceClass))"):\(name):\(actions.joined(separator: ","))"
    }
}
