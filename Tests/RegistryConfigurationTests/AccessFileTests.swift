import Testing

@testable import RegistryConfiguration

@Suite("Access files")
struct AccessFileTests {
    private func read(_ text: String) throws(ConfigurationError) -> AccessFile {
        try AccessFile.load(file: "access.yml", contents: text) { $0 == $0.lowercased() && !$0.isEmpty }
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test("a file is read into groups and rules, each with its line")
    func whole() throws {
        let file = try read(
            """
            # who works here
            users: [alice, bob, yes, 7]
            groups:
              team: [alice, "certificate:ci"]
              guests: bob

            rules:
              - allow: pull
                who: [anonymous, "*"]
                repositories: public/**
              - deny: [delete, push]
                who: group:guests
                repositories: ["*"]
              - {allow: ["*"], who: ["group:team", yes], repositories: [team/**, shared]}
              - allow: catalog
                who: "certificate:ci"
            """
        )
        #expect(file.groups == ["team": ["alice", "certificate:ci"], "guests": ["bob"]])
        #expect(
            file.rules == [
                .init(
                    allows: true,
                    subjects: [.anonymous, .anyUser],
                    actions: ["pull"],
                    repositories: ["public/**"],
                    line: 8
                ),
                .init(
                    allows: false,
                    subjects: [.group("guests")],
                    actions: ["delete", "push"],
                    repositories: ["*"],
                    line: 11
                ),
                .init(
                    allows: true,
                    subjects: [.group("team"), .user("yes")],
                    actions: AccessFile.actions,
                    repositories: ["team/**", "shared"],
                    line: 14
                ),
                .init(
                    allows: true,
                    subjects: [.user("certificate:ci")],
                    actions: ["catalog"],
                    repositories: [],
                    line: 15
                ),
            ]
        )
        #expect(try read("rules: []") == AccessFile(groups: [:], rules: []))
        #expect(
            try read("rules: [{allow: pull, who: anybody, repositories: a}]").rules.first?.subjects == [
                .user("anybody")
            ]
        )
    }

    @Test(
        "what is wrong is told with its place, and what was probably meant",
        arguments: [
            ("", "access.yml:1:1: error: nothing; expected a map with users, groups, rules"),
            ("groups: {}", "access.yml:1:1: error: rules: is missing; expected a list of rules"),
            ("rules: x", "access.yml:1:8: error: rules: a string; expected a list of rules"),
            ("rulse: []\nrules: []", "access.yml:1:1: error: rulse: is not a known key (did you mean rules?)"),
            (
                "rules: [{who: a}]",
                "access.yml:1:9: error: rules[0]: neither allows nor denies; expected allow or deny, with actions"
            ),
            (
                "rules: [{allow: pull, deny: pull, who: a}]",
                "access.yml:1:9: error: rules[0]: allows and denies; expected allow or deny, with actions"
            ),
            (
                "rules:\n  - allow: [pull, psuh]\n    who: a\n    repositories: a",
                #"access.yml:2:19: error: rules[0].allow[1]: 'psuh'; expected pull, push, delete, catalog or "*" (did you mean push?)"#
            ),
            (
                "rules: [{allow: pull, repositories: a}]",
                #"rules[0].who: is missing; expected users, group:NAME, "*" or anonymous"#
            ),
            (
                "rules: [{allow: pull, who: a}]",
                #"rules[0].repositories: is missing; expected patterns such as team/** or "*""#
            ),
            (
                "rules: [{allow: pull, who: a, repositories: []}]",
                "rules[0].repositories: is empty; expected a list of texts"
            ),
            ("rules: [{allow: [], who: a, repositories: a}]", "rules[0].allow: is empty; expected a list of texts"),
            ("rules: [{allow: , who: a, repositories: a}]", "rules[0].allow: is empty; expected a list of texts"),
            ("rules: [{allow: pull, who: [[a]], repositories: a}]", "rules[0].who[0]: a list; expected a text"),
            ("rules: [{allow: pull, who: {a: b}, repositories: a}]", "rules[0].who: a map; expected a list of texts"),
            ("rules: [{allow: pull, who: \"\", repositories: a}]", "rules[0].who[0]: is empty; expected a user's name"),
            (
                "rules: [{allow: pull, who: a, repositories: [A]}]",
                "rules[0].repositories[0]: 'A'; expected a pattern that a repository's name can match, in lower case"
            ),
            (
                "groups: {team: [a]}\nrules: [{allow: pull, who: group:taem, repositories: a}]",
                "access.yml:2:28: error: rules[0].who[0]: there is no group 'taem' (did you mean group:team?)"
            ),
            (
                "users: [alice]\nrules: [{allow: pull, who: alcie, repositories: a}]",
                "access.yml:2:28: error: rules[0].who[0]: 'alcie' is not one of the users that the file lists (did you mean alice?)"
            ),
            (
                "users: [alice]\ngroups: {g: [alise]}\nrules: []",
                "groups.g[0]: 'alise' is not one of the users that the file lists (did you mean alice?)"
            ),
            ("groups: {g: [anonymous]}\nrules: []", "groups.g[0]: 'anonymous'; expected a user or certificate:NAME"),
            ("groups: {g: [\"*\"]}\nrules: []", "groups.g[0]: '*'; expected a user or certificate:NAME"),
            ("groups: {g: [\"group:g\"]}\nrules: []", "groups.g[0]: there is no group 'g'"),
            ("groups: {\"a:b\": [c]}\nrules: []", "groups.a:b: 'a:b'; expected a name without a colon"),
            ("groups: []\nrules: []", "groups: a list; expected a map of groups with their members"),
            ("users: [\"a:b\"]\nrules: []", "users[0]: 'a:b'; expected a user's name, without a colon"),
            (
                "rules: [{allow: pull, who: \"user:a\", repositories: a}]",
                #"rules[0].who[0]: 'user:a'; expected a user, group:NAME, certificate:NAME, "*" or anonymous"#
            ),
            (
                "rules: [{allow: pull, who: \"certificate:\", repositories: a}]",
                "rules[0].who[0]: 'certificate:'; expected a user"
            ),
            ("rules: []\nrules: []", "access.yml:1:1: error: rules: is given again below; this value has no effect"),
            (
                "rules: [{allow: pull, who: *, repositories: a}]",
                #"expected YAML; quote a text that begins with a star, as in "*""#
            ),
        ]
    )
    func wrong(_ text: String, _ expected: String) {
        let problems = problems(text)
        #expect(problems.contains { $0.contains(expected) }, "\(problems)")
    }

    @Test("everything that is wrong is told at once")
    func several() {
        let text = "rules:\n  - {allow: pul, who: a, repositories: A}\n  - {deny: x, repositories: a}\n  - 7"
        #expect(problems(text).count == 5)
    }

    @Test("no text brings the reader down")
    func fuzzed() {
        let parts = [
            "rules:", " - ", "allow: ", "pull", "who:", "[", "]", "{", "}", "\n", "  ", "*", "\"", "group:", "a", ":",
            ",", "&x", "*x",
        ]
        var generator = SystemRandomNumberGenerator()
        var accepted = 0
        for _ in 0..<2000 {
            let length = Int.random(in: 1...20, using: &generator)
            let text = (0..<length).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            if problems(text).isEmpty { accepted += 1 }
        }
        #expect(accepted < 2000)
    }
}
