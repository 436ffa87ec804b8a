/// Which tags of which repositories are kept, and for how long.
///
/// A rule decides on the tags that it names; of several rules the first one whose patterns match both the repository
/// and the tag. A tag is kept when any of the rule's conditions holds, and removed when none does. A tag that no rule
/// names is kept.
public struct RetentionRule: Sendable, Hashable {
    /// What keeps a tag. Each condition is enough by itself.
    public struct Conditions: Sendable, Hashable {
        /// Every tag is kept: for a rule that takes some tags out of the hands of a later one.
        public var all: Bool
        /// So many tags are kept: those that were set last, of the tags that the rule decides on in one repository.
        public var last: Int?
        /// A tag is kept for so long after it was set last.
        public var newerThan: Duration?
        /// A tag is kept for so long after it was used last: pulled, or set. Time in which no server recorded pulls
        /// does not count.
        public var pulledWithin: Duration?

        /// Makes conditions.
        public init(
            all: Bool = false,
            last: Int? = nil,
            newerThan: Duration? = nil,
            pulledWithin: Duration? = nil
        ) {
            self.all = all
            self.last = last
            self.newerThan = newerThan
            self.pulledWithin = pulledWithin
        }

        /// Whether a tag could be kept at all: a rule that keeps nothing is taken for a mistake.
        public var keepsSomething: Bool {
            all || last ?? 0 > 0 || newerThan ?? .zero > .zero || pulledWithin ?? .zero > .zero
        }
    }

    /// What decisions call the rule.
    public let name: String
    /// The repositories that it decides in.
    public let repositories: [RepositoryPattern]
    /// The tags that it decides on.
    public let tags: [TagPattern]
    /// What keeps a tag.
    public let conditions: Conditions

    /// Makes a rule.
    ///
    /// - Returns: `nil` when its conditions keep nothing, so that a rule which was not thought through removes nothing
    ///   (``Conditions/keepsSomething``).
    public init?(
        name: String,
        repositories: [RepositoryPattern],
        tags: [TagPattern],
        keeping conditions: Conditions
    ) {
        guard conditions.keepsSomething else { return nil }
        self.name = name
        self.repositories = repositories
        self.tags = tags
        self.conditions = conditions
    }

    /// Whether the rule decides in a repository.
    public func names(_ repository: RepositoryName) -> Bool {
        repositories.match(repository.description)
    }

    /// Whether the rule decides on a tag of a repository that it decides in.
    public func names(_ tag: Tag) -> Bool { tags.contains { $0.matches(tag) } }
}

/// A tag as a retention policy sees it.
public struct TagUse: Sendable, Hashable {
    /// The tag.
    public var tag: Tag
    /// What it points to; `nil` when its pointer can't be understood.
    public var digest: Digest?
    /// When it was set last, in nanoseconds since 1970; `nil` when the store does not know.
    public var set: Int64?
    /// When it was pulled last, as far as that is recorded; `nil` without a record.
    public var pulled: WallTime?

    /// Makes a description of a tag's use.
    public init(_ tag: Tag, digest: Digest?, set: Int64?, pulled: WallTime? = nil) {
        self.tag = tag
        self.digest = digest
        self.set = set
        self.pulled = pulled
    }

    /// When it was set last, in whole seconds.
    var setTime: WallTime? { self.set.map { WallTime(seconds: $0 / 1_000_000_000) } }
}
