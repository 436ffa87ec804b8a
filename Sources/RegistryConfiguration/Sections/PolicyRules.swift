extension Configuration {
    /// A rule of `registryd.policy.immutable`: tags that stay where they are.
    public struct ImmutableTags: Sendable, Hashable {
        /// What a refusal calls the rule.
        public var name: String
        /// Patterns of the repositories that it holds in.
        public var repositories: [String]
        /// Patterns of the tags that it holds for.
        public var tags: [String]
        /// Patterns of tags among these that move all the same.
        public var except: [String]

        init(_ section: Section) {
            name = section.string("name")
            repositories = section.strings("repositories")
            tags = section.strings("tags")
            except = section.strings("except")
        }
    }

    /// A rule of `registryd.policy.quotas`: how much repositories may hold.
    public struct Quota: Sendable, Hashable {
        /// What a refusal calls the rule.
        public var name: String
        /// Patterns of the repositories that share it.
        public var repositories: [String]
        /// The most bytes that they may hold together; `nil` for no limit.
        public var bytes: Int64?
        /// The most bytes that one blob may have; `nil` for no limit.
        public var maximumBlob: Int64?

        init(_ section: Section) {
            name = section.string("name")
            repositories = section.strings("repositories")
            bytes = section.optionalString("bytes").flatMap(ByteSize.bytes)
            maximumBlob = section.optionalString("maxblob").flatMap(ByteSize.bytes)
        }
    }

    /// The settings of ``immutableTags`` and ``quotas``, to stand under `registryd.policy`.
    ///
    /// - Parameters:
    ///   - isRepositoryPattern: whether a text is a pattern for repositories.
    ///   - isTagPattern: whether a text is a pattern for tags.
    public static func policySettings(
        isRepositoryPattern: @escaping @Sendable (String) -> Bool,
        isTagPattern: @escaping @Sendable (String) -> Bool
    ) -> [Setting] {
        let name = text("name", nil, .nonEmpty).required
        let repositories = Setting.strings(
            "repositories",
            expected: #"a pattern for repositories such as team/** or "*""#,
            isValid: isRepositoryPattern
        ).required
        func tags(_ key: String) -> Setting {
            .strings(key, expected: "a pattern for tags such as v* or *-rc?", isValid: isTagPattern)
        }
        func size(_ key: String) -> Setting {
            Setting(
                key,
                .string(.custom(expected: ByteSize.expected) { ByteSize.bytes(parsing: $0) != nil })
            )
        }
        return [
            .groups("immutable", [name, repositories, tags("tags").required, tags("except")]),
            .groups("quotas", [name, repositories, size("bytes"), size("maxblob")]),
        ]
    }

    /// The tags that stay where they are, where ``policySettings(isRepositoryPattern:isTagPattern:)`` were passed.
    public var immutableTags: [ImmutableTags] {
        own.section("policy")?.sections("immutable").map(ImmutableTags.init) ?? []
    }

    /// How much repositories may hold, where ``policySettings(isRepositoryPattern:isTagPattern:)`` were passed.
    public var quotas: [Quota] { own.section("policy")?.sections("quotas").map(Quota.init) ?? [] }
}
