import RegistryConfiguration
import RegistryCore

// Patterns that are none have been refused with the configuration.

extension ImmutabilityRule {
    /// A rule of `registryd.policy.immutable`.
    init(_ rule: Configuration.ImmutableTags) {
        self.init(
            name: rule.name,
            repositories: rule.repositories.compactMap { RepositoryPattern($0) },
            tags: rule.tags.compactMap { TagPattern($0) },
            except: rule.except.compactMap { TagPattern($0) }
        )
    }
}

extension QuotaRule {
    /// A rule of `registryd.policy.quotas`.
    init(_ rule: Configuration.Quota) {
        self.init(
            name: rule.name,
            repositories: rule.repositories.compactMap { RepositoryPattern($0) },
            bytes: rule.bytes,
            maximumBlob: rule.maximumBlob
        )
    }
}
