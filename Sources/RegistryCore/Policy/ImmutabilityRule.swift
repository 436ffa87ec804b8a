/// Tags that stay on the manifest that they were first given to (`registryd.policy.immutable`).
///
/// A tag for which a rule holds can be made, and can be pushed again with the same content; it can't be moved and not
/// be deleted, and what its image needs can't be deleted either.
public struct ImmutabilityRule: Sendable, Hashable {
    /// What a refusal calls the rule.
    public var name: String
    /// The repositories that it holds in; one of the patterns must match.
    public var repositories: [RepositoryPattern]
    /// The tags that it holds for; one of the patterns must match.
    public var tags: [TagPattern]
    /// Tags among these that move all the same.
    public var except: [TagPattern]

    /// Makes a rule.
    public init(name: String, repositories: [RepositoryPattern], tags: [TagPattern], except: [TagPattern] = []) {
        self.name = name
        self.repositories = repositories
        self.tags = tags
        self.except = except
    }

    /// Whether the rule holds tags of a repository in place at all.
    public func concerns(_ repository: RepositoryName) -> Bool { repositories.match(repository.description) }

    /// Whether the rule holds a tag of a repository in its place.
    public func holds(_ tag: Tag, in repository: RepositoryName) -> Bool {
        concerns(repository) && holds(tag)
    }

    /// Whether the rule holds a tag in its place, in a repository that it concerns.
    func holds(_ tag: Tag) -> Bool {
        tags.contains { $0.matches(tag) } && !except.contains { $0.matches(tag) }
    }
}

extension [ImmutabilityRule] {
    /// The first rule that holds a tag of a repository in its place; `nil` when none does, and the tag may move.
    public func rule(holding tag: Tag, in repository: RepositoryName) -> ImmutabilityRule? {
        isEmpty ? nil : first { $0.holds(tag, in: repository) }
    }

    /// Why a retention policy leaves a tag where it is; `nil` when no rule holds it.
    public func reason(holding tag: Tag, in repository: RepositoryName) -> String? {
        rule(holding: tag, in: repository).map { "it is immutable by the rule '\($0.name)'" }
    }
}
