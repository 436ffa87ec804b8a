import RegistryAuth
import RegistryCore
import Testing

@Suite("Rules of access")
struct AccessRulesTests {
    static let rules = AccessRules(
        [
            rule(10, false, [.user("eve"), .group("guests")], [.push, .delete], ["*"]),
            rule(20, true, [.anonymous, .anyUser], [.pull], ["public/**"]),
            rule(30, false, [.anyUser], [.delete], ["team/release/**"]),
            rule(40, true, [.group("team")], [.pull, .push, .delete], ["team/**", "shared"]),
            rule(50, true, [.user("root")], Set(AccessRules.Action.allCases), ["*"]),
            rule(60, true, [.anyUser], [.catalog], []),
            rule(70, true, [.user("certificate:ci")], [.push], ["builds/*"]),
        ],
        groups: ["team": ["alice", "eve"], "guests": ["gus"], "other": ["root"]]
    )

    static func rule(
        _ line: Int,
        _ allows: Bool,
        _ subjects: [AccessRules.Subject],
        _ actions: Set<AccessRules.Action>,
        _ patterns: [String]
    ) -> AccessRules.Rule {
        let patterns = patterns.compactMap { RepositoryPattern($0) }
        return .init(allows: allows, subjects: subjects, actions: actions, repositories: patterns, line: line)
    }

    @Test(
        "the first rule that matches decides, and where none does the answer is no",
        arguments: [
            (nil, .pull, "public/a", true, 20), (nil, .push, "public/a", false, nil),
            (nil, .pull, "team/a", false, nil),
            (nil, .catalog, "", false, nil), ("bob", .pull, "public/a/b", true, 20),
            ("bob", .pull, "team/a", false, nil),
            ("bob", .catalog, "", true, 60), ("alice", .push, "team/a", true, 40), ("alice", .push, "shared", true, 40),
            ("alice", .push, "shared/a", false, nil), ("alice", .delete, "team/release/a", false, 30),
            ("alice", .push, "team/release/a", true, 40), ("eve", .push, "team/a", false, 10),
            ("eve", .pull, "team/a", true, 40), ("gus", .delete, "x", false, 10), ("root", .delete, "x/y", true, 50),
            ("root", .delete, "team/release/a", false, 30), ("root", .catalog, "", true, 50),
            ("certificate:ci", .push, "builds/a", true, 70), ("ci", .push, "builds/a", false, nil),
            ("certificate:ci", .push, "builds/a/b", false, nil), ("Alice", .push, "team/a", false, nil),
            ("anonymous", .push, "public/a", false, nil), ("team", .push, "team/a", false, nil),
        ] as [(String?, AccessRules.Action, String, Bool, Int?)]
    )
    func table(_ user: String?, _ action: AccessRules.Action, _ name: String, _ allowed: Bool, _ line: Int?) {
        let verdict = Self.rules.explain(user, action, name)
        #expect(verdict.isAllowed == allowed)
        #expect(verdict.rule?.line == line)
    }

    @Test("no rules allow nothing")
    func none() {
        let verdict = AccessRules([]).explain("root", .pull, "a")
        #expect(!verdict.isAllowed && verdict.rule == nil)
    }

    @Test("names that only look the same are two users")
    func bytes() {
        let rules = AccessRules(
            [Self.rule(1, true, [.user("\u{E9}"), .group("g")], [.pull], ["*"])],
            groups: ["g": ["\u{F1}"]]
        )
        #expect(rules.explain("\u{E9}", .pull, "a").isAllowed)
        #expect(!rules.explain("e\u{301}", .pull, "a").isAllowed)
        #expect(rules.explain("\u{F1}", .pull, "a").isAllowed)
        #expect(!rules.explain("n\u{303}", .pull, "a").isAllowed)
    }
}
