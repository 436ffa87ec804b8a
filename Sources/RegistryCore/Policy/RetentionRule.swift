/// Which tags of a repository are kept, and for how long.
///
/// A rule decides on the tags that its patterns name; of several rules the first that names a tag. A tag is kept when
/// any of the rule's reasons holds, and dropped when none does. A rule without a reason to keep drops what it names.
public struct RetentionRule: Sendable, Hashable {
    /// The repositories that it decides in.
    public var repositories: [NamePattern]
    /// The tags that it decides on.
    public var tags: [NamePattern]
    /// How many of them stay at the least: those that were pushed last.
    public var newest: Int?
    /// For how long a tag stays after it was pushed or moved.
    public var pushedWithin: Duration?
    /// For how long a tag stays after it was last pulled; one that never was counts from its push.
    public var pulledWithin: Duration?
    /// What a decision calls the rule.
    public var name: String

    /// Makes a rule.
    public init(
        repositories: [NamePattern],
        tags: [NamePattern],
        newest: Int? = nil,
        pushedWithin: Duration? = nil,
        pulledWithin: Duration? = nil,
        name: String
    ) {
        self.repositories = repositories
        self.tags = tags
        self.newest = newest
        self.pushedWithin = pushedWithin
        self.pulledWithin = pulledWithin
        self.name = name
    }
}

/// A tag as a retention policy sees it.
public struct TagAge: Sendable, Hashable {
    /// The tag.
    public var tag: Tag
    /// When it was pushed or moved last.
    public var pushed: WallTime
    /// When it was pulled last; `nil` when nobody noted a pull.
    public var pulled: WallTime?

    /// Makes a record.
    public init(_ tag: Tag, pushed: WallTime, pulled: WallTime? = nil) {
        self.tag = tag
        self.pushed = pushed
        self.pulled = pulled
    }
}

/// What a retention policy decided about a tag, and why.
public struct RetentionDecision: Sendable, Hashable {
    /// The tag.
    public var tag: Tag
    /// Whether it stays.
    public var isKept: Bool
    /// Why, for a person.
    public var reason: String
}

extension [RetentionRule] {
    /// Decides on all tags of a repository. It reads no clock and no store.
    ///
    /// - Parameters:
    ///   - ages: the tags.
    ///   - repository: the repository.
    ///   - now: the moment from which ages are counted.
    /// - Returns: a decision for each tag, in the order of their names.
    public func decide(on ages: [TagAge], in repository: RepositoryName, now: WallTime) -> [RetentionDecision] {
        let rules = filter { $0.repositories.match(repository.description) }
        var decisions: [RetentionDecision] = []
        var byRule: [Int: [TagAge]] = [:]
        for age in ages {
            if let rule = rules.firstIndex(where: { $0.tags.match(age.tag.description) }) {
                byRule[rule, default: []].append(age)
            } else {
                decisions.append(RetentionDecision(tag: age.tag, isKept: true, reason: "no rule names it"))
            }
        }
        for (index, ages) in byRule { decisions += rules[index].decide(on: ages, now: now) }
        return decisions.sorted { $0.tag < $1.tag }
    }
}

extension RetentionRule {
    fileprivate func decide(on ages: [TagAge], now: WallTime) -> [RetentionDecision] {
        // The latest first; tags of the same moment by name, so that the decision is the same each time.
        let ordered = ages.sorted { ($1.pushed, $0.tag) < ($0.pushed, $1.tag) }
        return ordered.enumerated().map { place, age in
            if let reason = reasonToKeep(age, place: place, now: now) {
                return RetentionDecision(tag: age.tag, isKept: true, reason: "\(name): \(reason)")
            }
            return RetentionDecision(tag: age.tag, isKept: false, reason: "\(name): \(reasonToDrop(age, place, now))")
        }
    }

    private func reasonToKeep(_ age: TagAge, place: Int, now: WallTime) -> String? {
        if let newest, place < newest { return "one of the \(newest) newest" }
        if let pushedWithin, age.pushed.isWithin(pushedWithin, before: now) {
            return "pushed within \(pushedWithin.inDays)"
        }
        if let pulledWithin, (age.pulled ?? age.pushed).isWithin(pulledWithin, before: now) {
            return age.pulled == nil ? "pushed within \(pulledWithin.inDays)" : "pulled within \(pulledWithin.inDays)"
        }
        return nil
    }

    private func reasonToDrop(_ age: TagAge, _ place: Int, _ now: WallTime) -> String {
        var reasons: [String] = []
        if let newest { reasons.append("not one of the \(newest) newest") }
        if let pushedWithin { reasons.append("pushed \(age.pushed.age(at: now)) ago, not within \(pushedWithin.inDays)") }
        if let pulledWithin {
            let last = age.pulled.map { "last pulled \($0.age(at: now)) ago" } ?? "never pulled"
            reasons.append("\(last), not within \(pulledWithin.inDays)")
        }
        return reasons.isEmpty ? "the rule keeps none" : reasons.joined(separator: "; ")
    }
}

extension WallTime {
    fileprivate func isWithin(_ duration: Duration, before now: WallTime) -> Bool {
        now.seconds - seconds <= duration.components.seconds
    }

    fileprivate func age(at now: WallTime) -> String { Duration.seconds(max(0, now.seconds - seconds)).inDays }
}

extension Duration {
    /// In days where it is some, else in hours, minutes or seconds.
    fileprivate var inDays: String {
        let seconds = components.seconds
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)] where seconds >= length * 2 || seconds == length {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
