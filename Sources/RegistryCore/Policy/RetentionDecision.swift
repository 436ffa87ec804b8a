/// What a retention policy decided about a tag, and why.
public struct RetentionDecision: Sendable, Hashable {
    /// What decided.
    public enum Basis: Sendable, Hashable {
        /// No rule names the tag.
        case noRule
        /// Something else protects the tag.
        case protection
        /// What must be known of the tag is not known.
        case ignorance
        /// The rule of this name.
        case rule(String)
    }

    /// The tag, as it was when it was decided on.
    public let use: TagUse
    /// Whether it stays.
    public let isKept: Bool
    /// What decided.
    public let basis: Basis
    /// Why, in words.
    public let reason: String
}

/// The rules for one repository, at one moment: a pure function from what is known of a tag to what becomes of it.
///
/// All tags of the repository are shown to it first (``rank(_:)``), when a rule counts them (``needsRanking``); then it
/// decides on each. It holds no more tags than its rules are to keep, so that a repository of any size can be decided
/// on page by page.
public struct RepositoryRetention: Sendable {
    private let rules: [RetentionRule]
    private let now: WallTime
    private let recording: PullRecording?
    private let protection: @Sendable (Tag) -> String?
    private var newest: [NewestTags]

    /// Takes the rules that name a repository.
    ///
    /// - Parameters:
    ///   - rules: all rules, in their order.
    ///   - repository: the repository.
    ///   - now: the moment from which ages are counted.
    ///   - recording: since when pulls are recorded; `nil` when that is not known, so that nothing is removed by a rule
    ///     that asks for pulls.
    ///   - protected: why another policy protects a tag; `nil` when none does. Such a tag is kept and takes no place
    ///     among the newest.
    ///
    /// The protection is asked for each tag that a rule names, twice at the most.
    public init(
        _ rules: [RetentionRule],
        in repository: RepositoryName,
        now: WallTime,
        recording: PullRecording?,
        protected: @escaping @Sendable (Tag) -> String? = { _ in nil }
    ) {
        self.rules = rules.filter { $0.names(repository) }
        self.now = now
        self.recording = recording
        protection = protected
        newest = self.rules.map { NewestTags(count: $0.conditions.last ?? 0) }
    }

    /// Whether any rule names the repository.
    public var namesRepository: Bool { !rules.isEmpty }

    /// Whether the tags must be ranked before one is decided on.
    public var needsRanking: Bool { rules.contains { $0.conditions.last != nil } }

    /// Whether a rule asks when a tag was pulled.
    public var asksForPulls: Bool { rules.contains { $0.conditions.pulledWithin != nil } }

    /// Takes a tag into account where a rule counts the newest. One whose pointer or time can't be read is kept anyway
    /// and must not be shown.
    ///
    /// - Parameter set: when the tag was set last, in nanoseconds since 1970.
    public mutating func rank(_ tag: Tag, set: Int64) {
        guard let index = rules.firstIndex(where: { $0.names(tag) }), protection(tag) == nil else { return }
        newest[index].add(.init(set: set, tag: tag))
    }

    /// Ends the ranking, after all tags were taken into account.
    public mutating func endRanking() { for index in newest.indices { newest[index].settle() } }

    /// Decides on a tag, after the ranking.
    public func decide(_ use: TagUse) -> RetentionDecision {
        guard let index = rules.firstIndex(where: { $0.names(use.tag) }) else {
            return .init(use: use, isKept: true, basis: .noRule, reason: "no rule names it")
        }
        if let reason = protection(use.tag) {
            return .init(use: use, isKept: true, basis: .protection, reason: reason)
        }
        guard use.digest != nil else {
            return .init(use: use, isKept: true, basis: .ignorance, reason: "what it points to can't be read")
        }
        guard let set = use.set, let setTime = use.setTime else {
            return .init(use: use, isKept: true, basis: .ignorance, reason: "the store does not know when it was set")
        }
        let (rule, conditions) = (rules[index], rules[index].conditions)
        func kept(_ reason: String) -> RetentionDecision {
            .init(use: use, isKept: true, basis: .rule(rule.name), reason: "\(reason) (rule '\(rule.name)')")
        }
        var reasons = ["rule '\(rule.name)'"]
        if conditions.all { return kept("the rule keeps all") }
        if let last = conditions.last {
            if newest[index].contains(.init(set: set, tag: use.tag)) {
                return kept(last == 1 ? "it is the newest" : "among the \(last) newest")
            }
            reasons.append(last == 1 ? "not the newest" : "not among the \(last) newest")
        }
        if let limit = conditions.newerThan {
            let age = now.seconds - setTime.seconds
            if age <= limit.components.seconds {
                return kept("set \(ageText(age)) ago, within \(ageText(limit.components.seconds))")
            }
            reasons.append("set \(ageText(age)) ago, not within \(ageText(limit.components.seconds))")
        }
        if let limit = conditions.pulledWithin {
            guard let recording else {
                return .init(
                    use: use,
                    isKept: true,
                    basis: .ignorance,
                    reason: "there is no record of pulls that rule '\(rule.name)' could go by"
                )
            }
            let idle = Idleness(use, setTime, recording, now)
            if idle.seconds <= limit.components.seconds {
                return kept("\(idle.words), within \(ageText(limit.components.seconds))")
            }
            reasons.append("\(idle.words), not within \(ageText(limit.components.seconds))")
        }
        return .init(use: use, isKept: false, basis: .rule(rule.name), reason: reasons.joined(separator: "; "))
    }

    /// Decides on all tags of the repository.
    ///
    /// - Returns: a decision for each, in the order in which they came.
    public func decide(on uses: [TagUse]) -> [RetentionDecision] {
        var ranked = self
        for use in uses where use.digest != nil {
            if let set = use.set { ranked.rank(use.tag, set: set) }
        }
        ranked.endRanking()
        return uses.map { ranked.decide($0) }
    }
}

/// For how long a tag was not used, in time in which pulls were recorded.
private struct Idleness {
    let seconds: Int64
    let words: String

    init(_ use: TagUse, _ set: WallTime, _ recording: PullRecording, _ now: WallTime) {
        let last = max(use.pulled ?? set, set, recording.began)
        seconds = recording.recordedSeconds(from: last, to: now)
        let age = ageText(seconds)
        if let pulled = use.pulled, pulled == last {
            words = "last pulled \(age) ago"
        } else if set == last {
            words = "not pulled since it was set \(age) ago"
        } else {
            words = "not pulled since recording began \(age) ago"
        }
    }
}

/// The tags that were set last, of those that it was shown; it holds twice as many as it counts.
private struct NewestTags: Sendable {
    struct Entry: Sendable, Comparable {
        let set: Int64
        let tag: Tag

        /// Tags of one moment by their names, so that the same ones are the newest each time.
        static func < (left: Entry, right: Entry) -> Bool {
            left.set == right.set ? left.tag < right.tag : left.set < right.set
        }
    }

    let count: Int
    private var entries: [Entry] = []
    /// The least that is among them; `nil` while there is room for all.
    private var least: Entry?

    init(count: Int) { self.count = count }

    mutating func add(_ entry: Entry) {
        if let least, entry < least { return }
        entries.append(entry)
        if entries.count / 2 > count { settle() }
    }

    /// Drops all but those that count.
    mutating func settle() {
        guard entries.count >= count else { return }
        entries.sort(by: >)
        entries.removeLast(entries.count - count)
        least = entries.last
    }

    /// Whether an entry that was added is among those that count; to be asked after ``settle()``.
    func contains(_ entry: Entry) -> Bool { least.map { entry >= $0 } ?? (count > 0) }
}

/// An age in the unit that fits: days from two days on, else hours, minutes or seconds.
func ageText(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    for (unit, length) in [("day", Int64(86_400)), ("hour", 3600), ("minute", 60)] where seconds >= length {
        // 36 hours say more than 1 day.
        if seconds < 2 * length, seconds != length { continue }
        let count = seconds / length
        return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
    return "\(seconds) second\(seconds == 1 ? "" : "s")"
}
