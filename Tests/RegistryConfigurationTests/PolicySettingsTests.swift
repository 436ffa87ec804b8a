import Testing

@testable import RegistryConfiguration

@Suite("Our own settings of policies")
struct PolicySettingsTests {
    private static let base = "version: 0.1\nstorage: inmemory\n"
    /// Stands where the program passes the check of its patterns.
    private static let schema: [Setting] = [
        .group(
            "policy",
            Configuration.policySettings(
                isRepositoryPattern: { $0.allSatisfy { $0.isLowercase || "/*".contains($0) } },
                isTagPattern: { !$0.contains(" ") }
            )
        )
    ]

    private func read(_ text: String, _ environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration
    {
        try Configuration.load(contents: Self.base + text, environment: environment, extensions: Self.schema)
    }

    private func diagnostics(_ text: String) -> [String] {
        diagnosticTexts { () throws(ConfigurationError) in try read(text) }
    }

    @Test("there are none where nothing is written")
    func none() throws {
        let configuration = try read("")
        #expect(configuration.immutableTags.isEmpty && configuration.quotas.isEmpty)
        #expect(try Configuration.load(contents: Self.base).quotas.isEmpty)
    }

    @Test("rules are read from the file, and from variables")
    func rules() throws {
        let configuration = try read(
            """
            registryd:
              policy:
                immutable:
                  - {name: releases, repositories: [team/**, x], tags: ["v*", "1.0"], except: ["*-rc*"]}
                quotas:
                  - {name: team, repositories: [team/**], bytes: 10GiB, maxblob: 500 MB}
                  - {name: plain, repositories: ["*"], maxblob: 1000}
            """,
            ["REGISTRY_REGISTRYD_POLICY_QUOTAS_0_BYTES": "20GiB"]
        )
        #expect(configuration.warnings.isEmpty)
        let rule = try #require(configuration.immutableTags.first)
        #expect(rule.name == "releases" && rule.repositories == ["team/**", "x"])
        #expect(rule.tags == ["v*", "1.0"] && rule.except == ["*-rc*"])
        let quotas = configuration.quotas
        #expect(quotas.map(\.name) == ["team", "plain"])
        #expect(quotas.map(\.bytes) == [20 << 30, nil])
        #expect(quotas.map(\.maximumBlob) == [500_000_000, 1000])
    }

    @Test(
        "a wrong rule is told with its place and with what was expected",
        arguments: [
            ("immutable: [{repositories: [a], tags: [b]}]", "immutable[0].name: is required and missing"),
            ("immutable: [{name: '', repositories: [a], tags: [b]}]", "immutable[0].name: ''; expected a text"),
            ("immutable: [{name: n, tags: [b]}]", "immutable[0].repositories: is required and missing"),
            ("immutable: [{name: n, repositories: [a]}]", "immutable[0].tags: is required and missing"),
            (
                "immutable: [{name: n, repositories: [A], tags: [b]}]",
                "immutable[0].repositories[0]: 'A'; expected a pattern for repositories such as team/**"
            ),
            (
                "immutable: [{name: n, repositories: [a], tags: [b, 'a b']}]",
                "immutable[0].tags[1]: 'a b'; expected a pattern for tags such as v*"
            ),
            (
                "immutable: [{name: n, repositories: [a], tags: [b], except: ['a b']}]",
                "immutable[0].except[0]: 'a b'; expected a pattern for tags"
            ),
            ("immutable: [{name: n, repositories: [a], tags: b}]", "tags: 'b'; expected a list such as [b]"),
            (
                "immutable: [{name: n, repositories: [], tags: [b]}]",
                "repositories: is empty, so that the rule is about"
            ),
            (
                "immutable: [{name: n, repositories: [a], tags: []}]",
                "tags: is empty, so that the rule is about nothing"
            ),
            ("immutable: [{name: n, repositories: [a], tags: [b], excpt: [c]}]", "did you mean except"),
            ("immutable: {name: n}", "registryd.policy.immutable: a map; expected a list"),
            (
                "immutable: [{name: n, repositories: [a], tags: [b]}, {name: n, repositories: [c], tags: [b]}]",
                "immutable[1].name: 'n' is the name of another rule"
            ),
            ("quotas: [{name: n, repositories: [a]}]", "quotas[0].bytes: is missing, and so is maxblob"),
            (
                "quotas: [{name: n, repositories: [a], bytes: 10G}]",
                "quotas[0].bytes: '10G'; expected a number of bytes such as 10GiB, 500MB or 1048576"
            ),
            ("quotas: [{name: n, repositories: [a], maxblob: -5}]", "quotas[0].maxblob: -5"),
            ("quotas: [{name: n, repositories: [a], bytes: 0}]", "quotas[0].bytes: 0"),
            ("quotas: [{name: n, repositories: [a], bytes: 1e9}]", "quotas[0].bytes: 1e9"),
            ("quotas: [{name: n, repositories: [a], bytes: [1]}]", "quotas[0].bytes: a list; expected a text"),
            ("quotas: [{name: n, repositories: [a], bytes: 99999999PB}]", "quotas[0].bytes: '99999999PB'"),
            (
                "quotas: [{name: n, repositories: [a], bytes: 1MB, maxblob: 1MiB}]",
                "quotas[0].maxblob: is more than bytes, and so has no effect"
            ),
            ("quota: []", "did you mean quotas"),
        ]
    )
    func wrong(_ text: String, _ expected: String) {
        let found = diagnostics("registryd: {policy: {\(text)}}")
        #expect(found.contains { $0.contains(expected) && $0.contains("config.yml:3:") }, "\(found)")
        #expect(found.count == 1, "\(found)")
    }

    @Test(
        "sizes are read as people write them",
        arguments: [
            ("1", 1), ("1048576", 1_048_576), ("10GiB", 10 << 30), ("10gib", 10 << 30), ("500MB", 500_000_000),
            ("1 kB", 1000), ("1KiB", 1024), ("1.5GiB", 3 << 29), ("0.5TB", 500_000_000_000), ("2PiB", 2 << 50),
            ("1.001MB", 1_001_000), ("3B", 3), ("", nil), ("GiB", nil), ("-1", nil), ("1.5", nil), ("1.GB", nil),
            (".5GB", nil), ("1.2345GB", nil), ("1e3", nil), ("0", nil), ("0GB", nil), ("10G", nil), ("10 GiBs", nil),
            ("9223372036854775807", .max), ("9223372036854775808", nil), ("8192PiB", nil), ("٣", nil), ("1.2.3GB", nil),
        ] as [(String, Int64?)]
    )
    func sizes(text: String, bytes: Int64?) { #expect(ByteSize.bytes(parsing: text) == bytes) }

    @Test("a printed configuration shows the rules, each value with its place")
    func rendering() throws {
        let configuration = try read(
            "registryd: {policy: {quotas: [{name: team, repositories: [a/**], bytes: 10GiB}]}}"
        )
        let text = configuration.rendered(maskingSecrets: true)
        #expect(text.contains("- name: team  # config.yml:3"))
        #expect(text.contains("bytes: 10GiB  # config.yml:3"))
    }
}
