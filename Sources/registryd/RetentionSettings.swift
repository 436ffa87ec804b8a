import RegistryConfiguration
import RegistryCore

/// The keys `registryd.policy.retention` and `registryd.policy.pullrecords`.
struct RetentionSettings: Sendable {
    /// What stands under `registryd.policy`.
    static let schema: [Setting] = [
        .bool("pullrecords", default: false),
        .group(
            "retention",
            [
                .duration("interval", default: "0s"),
                .groups(
                    "rules",
                    [
                        .string("name", default: nil),
                        .strings("repositories", expected: "a pattern such as team/** or *") {
                            RepositoryPattern($0) != nil
                        },
                        .strings("tags", expected: "a pattern such as pr-* or *") { TagPattern($0) != nil },
                        .group(
                            "keep",
                            [
                                .bool("all", default: false),
                                .integer("last", default: nil, in: 1...1_000_000),
                                .age("newerthan"),
                                .age("pulledwithin"),
                            ]
                        ),
                    ]
                ),
            ]
        ),
    ]

    /// The rules, in their order.
    let rules: [RetentionRule]
    /// How long after a run the next one begins; `nil` when none begins by itself.
    let interval: Duration?
    /// Whether pulls are recorded: when the key says so, or a rule asks for them.
    let recordsPulls: Bool

    init(_ configuration: Configuration) {
        let policy = configuration.own.section("policy")
        let section = policy?.section("retention")
        rules = (section?.sections("rules") ?? []).compactMap(Self.rule)
        interval = section?.optionalDuration("interval").flatMap { $0 > .zero ? $0 : nil }
        let areNeeded = rules.contains { $0.conditions.pulledWithin != nil }
        var options = RetentionOptions()
        let immutability = configuration.immutableTags.map(ImmutabilityRule.init)
        options.protection = { repository, tag in immutability.reason(holding: tag, in: repository) }
        self.options = options
        recordsPulls = areNeeded || policy?.bool("pullrecords") ?? false
    }

    /// How every run is done, by a verb or by a server.
    let options: RetentionOptions

    private static func rule(_ section: Section) -> RetentionRule? {
        let keep = section.section("keep")
        return RetentionRule(
            name: section.string("name"),
            repositories: section.strings("repositories").compactMap(RepositoryPattern.init),
            tags: section.strings("tags").compactMap(TagPattern.init),
            keeping: .init(
                all: keep?.bool("all") ?? false,
                last: keep?.optionalInteger("last"),
                newerThan: keep?.optionalAge("newerthan"),
                pulledWithin: keep?.optionalAge("pulledwithin")
            )
        )
    }
}
