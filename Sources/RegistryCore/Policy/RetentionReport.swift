internal import NIOCore

/// What a retention run removes, and how carefully.
public struct RetentionOptions: Sendable {
    /// Whether only to decide: nothing is changed.
    public var isDryRun = false
    /// The repositories that are looked at, of those that a rule names.
    public var scope: @Sendable (RepositoryName) -> Bool = { _ in true }
    /// Why another policy protects a tag; `nil` when none does.
    public var protection: @Sendable (RepositoryName, Tag) -> String? = { _, _ in nil }
    /// What notes pulls in this process; `nil` where none does, so that only what the store has of them is known.
    public var pulls: PullRecorder?
    /// How many tags are removed from one repository in one run at the most; a bound of what is remembered. The rest
    /// goes in the next run.
    public var mostRemovals = 100_000
    /// Is asked before each removal whether changes are allowed still; a run that is refused ends.
    public var mayChange: @Sendable () -> Bool = { true }
    /// Whether the run is noted in the store as the last one, by which a schedule goes.
    public var isNoted = true

    /// The defaults.
    public init() {}
}

/// What became of a tag in a retention run.
public struct RetentionOutcome: Sendable, Hashable {
    /// What became of it.
    public enum Action: String, Sendable, Hashable {
        /// It stays.
        case keep
        /// In a dry run: it would be removed.
        case remove
        /// It was removed.
        case removed
        /// It was to be removed, and stays since it has changed meanwhile.
        case left
    }

    /// The repository.
    public var repository: RepositoryName
    /// The tag.
    public var tag: Tag
    /// What it points to, or did.
    public var digest: Digest?
    /// What became of it.
    public var action: Action
    /// The rule that decided; `nil` when none did.
    public var rule: String?
    /// Why, in words.
    public var reason: String

    init(_ decision: RetentionDecision, in repository: RepositoryName, _ action: Action, because reason: String? = nil)
    {
        self.repository = repository
        tag = decision.use.tag
        digest = decision.use.digest
        self.action = action
        if case .rule(let name) = decision.basis { rule = name }
        self.reason = reason ?? decision.reason
    }

    /// A line for a person, such as `remove team/app:pr-17: rule 'ci'; set 45 days ago, not within 30 days`.
    public var line: String { "\(action.rawValue) \(repository):\(tag): \(reason)" }

    /// The outcome as a JSON object on one line.
    public var json: String {
        var buffer = ByteBuffer()
        var isFirst = true
        buffer.writeString("{")
        let members: [(String, String?)] = [
            ("repository", repository.description), ("tag", tag.description), ("digest", digest?.description),
            ("action", action.rawValue), ("rule", rule), ("reason", reason),
        ]
        for case (let name, let value?) in members {
            buffer.writeJSONName(name, isFirst: &isFirst)
            buffer.writeJSONString(value)
        }
        buffer.writeString("}")
        return String(buffer: buffer)
    }
}

/// What a retention run reports while it goes on.
public enum RetentionEvent: Sendable {
    /// What became of a tag that a rule names.
    case tag(RetentionOutcome)
    /// Something could not be read or done; what it concerns was left as it is.
    case problem(String)
    /// How far the run is; after each repository.
    case progress(RetentionSummary)
}

/// What a retention run did, or in a dry run would do.
public struct RetentionSummary: Sendable, Hashable {
    /// Whether nothing was changed.
    public var isDryRun = false
    /// When it began.
    public var started = WallTime(seconds: 0)
    /// When it ended, or this summary was made.
    public var ended = WallTime(seconds: 0)
    /// Repositories that a rule names.
    public var repositories = 0
    /// Of these, those that were left alone since something in them could not be read.
    public var repositoriesLeft = 0
    /// Tags in these repositories.
    public var tags = 0
    /// Tags that no rule names, which are kept.
    public var tagsWithoutRule = 0
    /// Tags that were kept.
    public var tagsKept = 0
    /// Tags that were removed, or would be.
    public var tagsRemoved = 0
    /// Tags that were to be removed, and stay since they changed meanwhile.
    public var tagsLeft = 0
    /// How many things were not as they should be; the first hundred are in ``problems``.
    public var problemCount = 0
    /// What was not as it should be, in words.
    public var problems: [String] = []

    /// An empty summary.
    public init() {}

    mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < 100 { problems.append(problem) }
    }

    /// The totals for a person.
    public var line: String {
        let left = tagsLeft > 0 ? ", \(tagsLeft) left since they changed meanwhile" : ""
        let trouble = problemCount > 0 ? "; \(problemCount) problems, \(repositoriesLeft) repositories left alone" : ""
        return
            "\(repositories) repositories, \(tags) tags: \(tagsRemoved) \(isDryRun ? "would be removed" : "removed"), "
            + "\(tagsKept) kept (\(tagsWithoutRule) that no rule names)\(left)\(trouble)"
    }

    /// The summary as a JSON object on one line.
    public var json: String {
        var buffer = ByteBuffer()
        buffer.writeJSONSummary(
            texts: [("started", started.rfc3339), ("ended", ended.rfc3339)],
            isDryRun: isDryRun,
            numbers: [
                ("repositories", repositories), ("repositoriesLeft", repositoriesLeft), ("tags", tags),
                ("tagsWithoutRule", tagsWithoutRule), ("tagsKept", tagsKept), ("tagsRemoved", tagsRemoved),
                ("tagsLeft", tagsLeft), ("problemCount", problemCount),
            ].map { ($0, Int64($1)) },
            problems: problems
        )
        return String(buffer: buffer)
    }
}
