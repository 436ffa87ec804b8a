/// Tags that stay on the manifest that they were first given to.
public struct ImmutabilityRule: Sendable, Hashable {
    /// The repositories that it holds in.
    public var repositories: [NamePattern]
    /// The tags that it holds for.
    public var tags: [NamePattern]
    /// Tags that move all the same.
    public var exceptions: [NamePattern]
    /// What a refusal calls the rule.
    public var name: String

    /// Makes a rule.
    public init(repositories: [NamePattern], tags: [NamePattern], exceptions: [NamePattern] = [], name: String) {
        self.repositories = repositories
        self.tags = tags
        self.exceptions = exceptions
        self.name = name
    }

    /// Whether the rule holds a tag of a repository in its place.
    public func holds(_ tag: Tag, in repository: RepositoryName) -> Bool {
        let tag = tag.description
        return repositories.match(repository.description) && tags.match(tag) && !exceptions.match(tag)
    }
}
