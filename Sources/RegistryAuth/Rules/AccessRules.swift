public import RegistryCore

/// Who may do what: rules in order, of which the first that matches decides; where none does, the answer is no.
///
/// A value without any input or output. Names are compared byte by byte, so that two texts that only look the same are
/// two users.
public struct AccessRules: Sendable, Hashable {
    /// What a rule is about.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// Read a repository.
        case pull
        /// Write to a repository.
        case push
        /// Remove from a repository.
        case delete
        /// Read the list of all repositories, which is whole or refused.
        case catalog
    }

    /// Whom a rule is about.
    public enum Subject: Sendable, Hashable {
        /// A user by name; the holder of a client certificate is `certificate:NAME`.
        case user(String)
        /// The members of a group.
        case group(String)
        /// Whoever logged in, or showed a certificate.
        case anyUser
        /// Who did not log in.
        case anonymous
    }

    /// One rule.
    public struct Rule: Sendable, Hashable {
        /// Whether it allows or denies.
        public var allows: Bool
        /// Whom it is about: any of these.
        public var subjects: [Subject]
        /// The actions that it is about.
        public var actions: Set<Action>
        /// The repositories that it is about: any of these. The action `catalog` is about none.
        public var repositories: [RepositoryPattern]
        /// The line of the file at which it begins, from 1.
        public var line: Int

        /// Makes a rule.
        public init(
            allows: Bool,
            subjects: [Subject],
            actions: Set<Action>,
            repositories: [RepositoryPattern],
            line: Int
        ) {
            self.allows = allows
            self.subjects = subjects
            self.actions = actions
            self.repositories = repositories
            self.line = line
        }
    }

    /// What the rules say, and which of them.
    public struct Verdict: Sendable, Hashable {
        /// Whether it is allowed.
        public var isAllowed: Bool
        /// The rule that decided; `nil` when none matches.
        public var rule: Rule?
    }

    /// The rules, in order.
    public let rules: [Rule]
    /// The groups of each user.
    private let groups: [[UInt8]: Set<[UInt8]>]

    /// Makes rules.
    ///
    /// - Parameters:
    ///   - rules: in order.
    ///   - groups: the members of each group, by its name.
    public init(_ rules: [Rule], groups: [String: [String]] = [:]) {
        self.rules = rules
        var memberships: [[UInt8]: Set<[UInt8]>] = [:]
        for (group, members) in groups {
            for member in members { memberships[Array(member.utf8), default: []].insert(Array(group.utf8)) }
        }
        self.groups = memberships
    }

    /// The rules where there is no file: whoever logged in may do everything, and nobody else anything.
    public static let everythingForUsers = AccessRules([
        Rule(
            allows: true,
            subjects: [.anyUser],
            actions: Set(Action.allCases),
            repositories: [RepositoryPattern("*")].compactMap { $0 },
            line: 0
        )
    ])

    /// Decides on one action.
    ///
    /// - Parameters:
    ///   - user: the user's name; `nil` for who did not log in.
    ///   - action: what he wants to do.
    ///   - repository: to what; of no meaning for `catalog`.
    public func explain(_ user: String?, _ action: Action, _ repository: String) -> Verdict {
        let rule = rules.first { rule in
            rule.actions.contains(action)
                && (action == .catalog || rule.repositories.contains { $0.matches(repository) })
                && rule.subjects.contains { matches($0, user) }
        }
        return Verdict(isAllowed: rule?.allows ?? false, rule: rule)
    }

    /// Decides on an access; on one that no rule can be about, `*` on a repository, all its actions must be allowed.
    public func explain(_ user: String?, _ access: Access) -> Verdict {
        switch (access.resource, access.action) {
        case (.catalog, _): return explain(user, .catalog, "")
        case (.repository(let name), .pull): return explain(user, .pull, name.description)
        case (.repository(let name), .push): return explain(user, .push, name.description)
        case (.repository(let name), .delete): return explain(user, .delete, name.description)
        case (.repository(let name), .all):
            let verdicts = [Action.pull, .push, .delete].map { explain(user, $0, name.description) }
            return verdicts.first { !$0.isAllowed } ?? verdicts[0]
        }
    }

    /// Whether some rule allows who did not log in something.
    public var mentionsAnonymous: Bool {
        rules.contains { $0.allows && $0.subjects.contains(.anonymous) }
    }

    private func matches(_ subject: Subject, _ user: String?) -> Bool {
        switch (subject, user) {
        case (.anonymous, nil), (.anyUser, .some): true
        case (.user(let name), let user?): name.utf8.elementsEqual(user.utf8)
        case (.group(let group), let user?): groups[Array(user.utf8)]?.contains(Array(group.utf8)) ?? false
        case (_, nil), (.anonymous, .some): false
        }
    }
}
