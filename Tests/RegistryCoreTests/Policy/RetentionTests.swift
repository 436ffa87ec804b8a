import RegistryCore
import Testing

@Suite("Which tags a policy keeps")
struct RetentionTests {
    let now = WallTime(seconds: 1_000_000_000)

    func age(_ name: String, pushed days: Int64, pulled: Int64? = nil) throws -> TagAge {
        TagAge(
            try Tag(parsing: name),
            pushed: WallTime(seconds: now.seconds - days * 86_400),
            pulled: pulled.map { WallTime(seconds: now.seconds - $0 * 86_400) }
        )
    }

    func rule(
        _ tags: String,
        in repositories: String = "**",
        newest: Int? = nil,
        pushed: Int? = nil,
        pulled: Int? = nil
    ) throws -> RetentionRule {
        RetentionRule(
            repositories: [try #require(NamePattern(repositories))],
            tags: [try #require(NamePattern(tags))],
            newest: newest,
            pushedWithin: pushed.map { .seconds($0 * 86_400) },
            pulledWithin: pulled.map { .seconds($0 * 86_400) },
            name: "rule"
        )
    }

    func dropped(_ rules: [RetentionRule], _ ages: [TagAge], in repository: String = "a/b") throws -> [String] {
        rules.decide(on: ages, in: try RepositoryName(parsing: repository), now: now)
            .filter { !$0.isKept }.map(\.tag.description)
    }

    @Test("without a rule all stay")
    func none() throws {
        #expect(try dropped([], [age("a", pushed: 1000)]) == [])
        #expect(try dropped([rule("*", in: "other", newest: 0)], [age("a", pushed: 1000)]) == [])
        #expect(try dropped([rule("b", newest: 0)], [age("a", pushed: 1000)]) == [])
    }

    @Test("the newest stay, those of one moment by their names")
    func newest() throws {
        let ages = try [age("a", pushed: 3), age("b", pushed: 1), age("c", pushed: 2), age("d", pushed: 1)]
        #expect(try dropped([rule("*", newest: 2)], ages) == ["a", "c"])
        #expect(try dropped([rule("*", newest: 1)], ages) == ["a", "c", "d"])
        #expect(try dropped([rule("*", newest: 9)], ages) == [])
    }

    @Test("each reason to keep is enough")
    func reasons() throws {
        let ages = try [
            age("old", pushed: 90), age("young", pushed: 5), age("used", pushed: 90, pulled: 2),
            age("unused", pushed: 90, pulled: 60),
        ]
        #expect(try dropped([rule("*", pushed: 30)], ages) == ["old", "unused", "used"])
        #expect(try dropped([rule("*", pulled: 30)], ages) == ["old", "unused"])
        #expect(try dropped([rule("*", newest: 1, pulled: 30)], ages) == ["old", "unused"])
        #expect(try dropped([rule("*", pushed: 90)], ages) == [])
    }

    @Test("the first rule that names a tag decides on it")
    func order() throws {
        let ages = try [age("v1", pushed: 90), age("v2", pushed: 80), age("dev", pushed: 90)]
        #expect(try dropped([rule("v*", newest: 1), rule("*", pushed: 30)], ages) == ["dev", "v1"])
        #expect(try dropped([rule("v*", newest: 2), rule("*", newest: 0)], ages) == ["dev"])
    }

    @Test("a decision says why")
    func words() throws {
        let decisions = try [rule("v*", newest: 1, pulled: 30), rule("w", newest: 0)].decide(
            on: [age("v1", pushed: 90, pulled: 40), age("v2", pushed: 3), age("w", pushed: 1), age("x", pushed: 1)],
            in: RepositoryName(parsing: "a"),
            now: now
        )
        #expect(
            decisions.map(\.reason) == [
                "rule: not one of the 1 newest; last pulled 40d ago, not within 30d",
                "rule: one of the 1 newest",
                "rule: not one of the 0 newest",
                "no rule names it",
            ]
        )
    }
}
