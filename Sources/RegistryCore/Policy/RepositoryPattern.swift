/// A pattern for names of repositories.
///
/// The pattern `*` alone means every repository. Otherwise the pattern is compared component by component: `*` stands
/// for any characters within a component, `?` for one, and a component `**` for any number of components, none
/// included; only at the end of a pattern it stands for at least one, so that `team/**` is what lies in `team` and not
/// `team` itself.
public struct RepositoryPattern: Sendable, Hashable {
    /// The pattern as it was written.
    public let text: String
    private let components: [[UInt8]]
    private let matchesAll: Bool

    /// Takes a pattern.
    ///
    /// - Returns: `nil` when no repository can match: an empty component, or a character that no name has.
    public init?(_ text: String) {
        self.text = text
        matchesAll = text == "*" || text == "**"
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var components = parts.map { Array($0) }
        // At the end it stands for one component and any number of further ones.
        if components.last == Self.many { components.insert([Self.star], at: components.count - 1) }
        self.components = components
        guard text.utf8.count <= 255, components.allSatisfy(Self.isValid) else { return nil }
    }

    /// Whether a repository's name matches. The cost is at most the product of both lengths.
    public func matches(_ name: String) -> Bool {
        if matchesAll { return true }
        let names = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Array($0) }
        return Wildcards.match(
            names,
            components,
            isMany: { $0 == Self.many },
            matchesOne: { Wildcards.match($0, $1) }
        )
    }

    private static let star = Wildcards.star
    private static let many = [star, star]

    private static func isValid(_ component: [UInt8]) -> Bool {
        if component == many { return true }
        return !component.isEmpty
            && !component.indices.dropFirst().contains { index in
                component[index] == star && component[index - 1] == star
            }
            && component.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), star, Wildcards.one:
                    true
                default: false
                }
            }
    }
}

extension [RepositoryPattern] {
    /// Whether one of the patterns matches a repository's name.
    func match(_ name: String) -> Bool { contains { $0.matches(name) } }
}
