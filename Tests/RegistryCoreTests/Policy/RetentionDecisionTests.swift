import RegistryCore
import RegistryTesting
import Testing

@Suite("Which tags a retention policy keeps")
struct RetentionDecisionTests {
    typealias Policy = PolicySample

    /// What of the tags would go, by rules for `a/b`.
    private func removed(
        _ rules: [RetentionRule],
        _ uses: [TagUse],
        in repository: String = "a/b",
        recording: PullRecording? = Policy.recording,
        protected: @escaping @Sendable (RegistryCore.Tag) -> String? = { _ in nil }
    ) throws -> [String] {
        try decisions(rules, uses, in: repository, recording: recording, protected: protected)
            .filter { !$0.isKept }.map(\.use.tag.description)
    }

    private func decisions(
        _ rules: [RetentionRule],
        _ uses: [TagUse],
        in repository: String = "a/b",
        recording: PullRecording? = Policy.recording,
        protected: @escaping @Sendable (RegistryCore.Tag) -> String? = { _ in nil }
    ) throws -> [RetentionDecision] {
        let name = try RepositoryName(parsing: repository)
        return RepositoryRetention(rules, in: name, now: Policy.now, recording: recording, protected: protected)
            .decide(on: uses)
    }

    @Test("a tag that no rule names is kept, and so is everything without rules")
    func none() throws {
        let old = try Policy.use("a", set: 1000)
        #expect(try removed([], [old]) == [])
        #expect(try removed([Policy.rule("*", in: "other", last: 1)], [old, Policy.use("b", set: 9)]) == [])
        #expect(try removed([Policy.rule("b", newerThan: 1)], [old]) == [])
        #expect(try decisions([], [old]).map(\.basis) == [.noRule])
    }

    @Test("a rule that keeps nothing can't be made")
    func empty() {
        #expect(RetentionRule(name: "x", repositories: [], tags: [], keeping: .init()) == nil)
        #expect(RetentionRule(name: "x", repositories: [], tags: [], keeping: .init(last: 0)) == nil)
        #expect(RetentionRule(name: "x", repositories: [], tags: [], keeping: .init(newerThan: .zero)) == nil)
    }

    @Test("the newest are kept, those of one moment by their names")
    func newest() throws {
        let uses = try [
            Policy.use("a", set: 3), Policy.use("b", set: 1), Policy.use("c", set: 2), Policy.use("d", set: 1),
        ]
        #expect(try removed([Policy.rule("*", last: 2)], uses) == ["a", "c"])
        #expect(try removed([Policy.rule("*", last: 1)], uses) == ["a", "b", "c"])
        #expect(try removed([Policy.rule("*", last: 9)], uses) == [])
        #expect(try removed([Policy.rule("*", last: .max)], uses) == [])
    }

    @Test("each condition is enough to keep a tag")
    func conditions() throws {
        let uses = try [
            Policy.use("old", set: 90), Policy.use("young", set: 5), Policy.use("used", set: 90, pulled: 2),
            Policy.use("unused", set: 90, pulled: 60),
        ]
        #expect(try removed([Policy.rule("*", newerThan: 30)], uses) == ["old", "used", "unused"])
        #expect(try removed([Policy.rule("*", pulledWithin: 30)], uses) == ["old", "unused"])
        #expect(try removed([Policy.rule("*", last: 2, pulledWithin: 30)], uses) == ["old", "unused"])
        #expect(try removed([Policy.rule("*", newerThan: 90)], uses) == [])
        #expect(try removed([Policy.rule("*", all: true), Policy.rule("*", newerThan: 1)], uses) == [])
    }

    @Test("the first rule that names a tag decides on it, and counts only its own")
    func order() throws {
        let uses = try [Policy.use("v1", set: 90), Policy.use("v2", set: 80), Policy.use("dev", set: 90)]
        #expect(try removed([Policy.rule("v*", last: 1), Policy.rule("*", newerThan: 30)], uses) == ["v1", "dev"])
        #expect(try removed([Policy.rule("v*", all: true), Policy.rule("*", newerThan: 1)], uses) == ["dev"])
        #expect(try removed([Policy.rule("*", last: 3), Policy.rule("v*", newerThan: 1)], uses) == [])
    }

    @Test("what can't be read is kept and takes no place among the newest, nor does what is protected")
    func unreadable() throws {
        let uses = try [
            Policy.use("timeless", set: nil), Policy.use("broken", set: 1, digest: nil), Policy.use("a", set: 3),
            Policy.use("b", set: 4), Policy.use("safe", set: 2),
        ]
        let decided = try decisions([Policy.rule("*", last: 1)], uses) {
            $0.description == "safe" ? "it is immutable" : nil
        }
        #expect(decided.map(\.isKept) == [true, true, true, false, true])
        #expect(decided.map(\.basis) == [.ignorance, .ignorance, .rule("r"), .rule("r"), .protection])
        #expect(decided[4].reason == "it is immutable")
    }

    @Test("without a record of pulls nothing is removed by a condition that asks for them")
    func noRecording() throws {
        let uses = try [Policy.use("a", set: 900), Policy.use("b", set: 800)]
        #expect(try removed([Policy.rule("*", last: 1, pulledWithin: 1)], uses, recording: nil) == [])
        #expect(try removed([Policy.rule("*", last: 1)], uses, recording: nil) == ["a"])
    }

    @Test("a tag without a record counts as pulled when recording began, and time without recording does not count")
    func recordingBegan() throws {
        let rules = [try Policy.rule("*", pulledWithin: 30)]
        let uses = try [Policy.use("never", set: 900), Policy.use("pulled", set: 900, pulled: 18)]
        let young = Policy.recording(began: 20)
        #expect(try removed(rules, uses, recording: young) == [])
        let old = Policy.recording(began: 50)
        #expect(try removed(rules, uses, recording: old) == ["never"])
        // Five days and twenty: what came in between is as if it had not passed.
        let interrupted = Policy.recording(spans: [(50, 45), (20, 0)])
        #expect(try removed(rules, uses, recording: interrupted) == [])
        #expect(interrupted.gaps.count == 1)
    }

    @Test("a decision says why")
    func words() throws {
        let decided = try decisions(
            [Policy.rule("v*", last: 1, newerThan: 30, pulledWithin: 35), Policy.rule("w", newerThan: 2)],
            [
                Policy.use("v1", set: 45, pulled: 40), Policy.use("v2", set: 40), Policy.use("v3", set: 39, pulled: 1),
                Policy.use("v0", set: 60), Policy.use("w", set: 1), Policy.use("x", set: 1),
            ]
        )
        #expect(
            decided.map(\.reason) == [
                "rule 'r'; not the newest; set 45 days ago, not within 30 days; last pulled 40 days ago, not within 35 days",
                "rule 'r'; not the newest; set 40 days ago, not within 30 days; not pulled since it was set 40 days ago, "
                    + "not within 35 days",
                "it is the newest (rule 'r')",
                "rule 'r'; not the newest; set 60 days ago, not within 30 days; not pulled since it was set 60 days ago, "
                    + "not within 35 days",
                "set 1 day ago, within 2 days (rule 'r')",
                "no rule names it",
            ]
        )
    }

    @Test("of 10,000 random sets nothing is removed that a condition keeps, and a looser rule removes no more")
    func properties() throws {
        var random = SeededGenerator(seed: 20_261_124)
        for _ in 0..<10_000 {
            let uses = try (0..<Int.random(in: 0...12, using: &random)).map { number in
                try Policy.use(
                    "\(["a", "b"].randomElement(using: &random) ?? "a")\(number)",
                    set: Int64.random(in: 0...20, using: &random),
                    pulled: Bool.random(using: &random) ? Int64.random(in: 0...20, using: &random) : nil
                )
            }
            func maybe(_ range: ClosedRange<Int>) -> Int? {
                Bool.random(using: &random) ? Int.random(in: range, using: &random) : nil
            }
            let (last, newer, pulled) = (maybe(1...6), maybe(1...20), maybe(1...20))
            guard last != nil || newer != nil || pulled != nil else { continue }
            let rule = try Policy.rule("a*", last: last, newerThan: newer, pulledWithin: pulled)
            let gone = Set(try removed([rule], uses))
            let named = uses.filter { $0.tag.description.hasPrefix("a") }
            let ranked = named.sorted { ($0.set ?? 0, $0.tag) > ($1.set ?? 0, $1.tag) }
            for (place, use) in ranked.enumerated() {
                let age = (Policy.now.seconds - (use.set ?? 0) / 1_000_000_000) / 86_400
                let idle = min(age, use.pulled.map { (Policy.now.seconds - $0.seconds) / 86_400 } ?? age)
                let isKept =
                    last.map { place < $0 } ?? false || newer.map { age <= $0 } ?? false
                    || pulled.map { idle <= $0 } ?? false
                #expect(gone.contains(use.tag.description) == !isKept)
            }
            #expect(gone.allSatisfy { $0.hasPrefix("a") })
            let looser = try Policy.rule(
                "a*",
                last: last.map { $0 + 1 } ?? maybe(1...3),
                newerThan: newer.map { $0 + 2 } ?? maybe(1...9),
                pulledWithin: pulled.map { $0 + 2 } ?? maybe(1...9)
            )
            #expect(gone.isSuperset(of: try removed([looser], uses)))
            // Whoever puts a rule that keeps all in front loses nothing of what it names.
            #expect(try removed([Policy.rule("*", all: true), rule], uses) == [])
        }
    }
}

/// Rules and tags for tests; ages are in days before ``now``.
enum PolicySample {
    static let now = WallTime(seconds: 1_000_000_000)
    /// Recorded from long ago until now.
    static let recording = recording(began: 5000)

    static func ago(_ days: Int64) -> WallTime { WallTime(seconds: now.seconds - days * 86_400) }

    /// Recorded without a gap until now.
    static func recording(began days: Int64) -> PullRecording { recording(spans: [(days, 0)]) }

    /// Recorded in some spans, each from so many days ago to so many days ago.
    static func recording(spans: [(from: Int64, to: Int64)]) -> PullRecording {
        var recording = PullRecording(began: ago(spans.first?.from ?? 0))
        for span in spans {
            var time = ago(span.from).seconds
            while time <= ago(span.to).seconds {
                _ = recording.sign(at: WallTime(seconds: time))
                time += PullRecording.silence
            }
        }
        return recording
    }

    static func use(
        _ name: String,
        set days: Int64?,
        pulled: Int64? = nil,
        digest: Digest? = Digest("sha256:" + String(repeating: "0", count: 64))
    ) throws -> TagUse {
        TagUse(
            try Tag(parsing: name),
            digest: digest,
            set: days.map { ago($0).seconds * 1_000_000_000 },
            pulled: pulled.map(ago)
        )
    }

    static func rule(
        _ tags: String,
        in repositories: String = "*",
        all: Bool = false,
        last: Int? = nil,
        newerThan: Int? = nil,
        pulledWithin: Int? = nil
    ) throws -> RetentionRule {
        let repository = try #require(RepositoryPattern(repositories))
        let tag = try #require(TagPattern(tags))
        let rule = RetentionRule(
            name: "r",
            repositories: [repository],
            tags: [tag],
            keeping: .init(
                all: all,
                last: last,
                newerThan: newerThan.map { .seconds($0 * 86_400) },
                pulledWithin: pulledWithin.map { .seconds($0 * 86_400) }
            )
        )
        return try #require(rule)
    }
}
