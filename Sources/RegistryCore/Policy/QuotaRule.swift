/// How much some repositories may hold (`registryd.policy.quotas`).
///
/// The budget is one for all repositories that the rule concerns. What counts is the length of each blob and of each
/// manifest that is linked in one of them, once however many of them have it. What is in an upload under way does not
/// count, nor does what a deletion or a collection has taken out of the repositories.
public struct QuotaRule: Sendable, Hashable {
    /// What a refusal calls the rule.
    public var name: String
    /// The repositories that it concerns; one of the patterns must match.
    public var repositories: [RepositoryPattern]
    /// The most bytes that these repositories may hold together; `nil` for no limit.
    public var bytes: Int64?
    /// The most bytes that one blob of theirs may have; `nil` for no limit. Manifests have a limit of their own.
    public var maximumBlob: Int64?

    /// Makes a rule.
    public init(name: String, repositories: [RepositoryPattern], bytes: Int64? = nil, maximumBlob: Int64? = nil) {
        self.name = name
        self.repositories = repositories
        self.bytes = bytes
        self.maximumBlob = maximumBlob
    }

    /// Whether the rule is about a repository.
    public func concerns(_ repository: RepositoryName) -> Bool { repositories.match(repository.description) }

    /// Whether a blob is too long for the rule.
    public func refusesBlob(of size: Int64) -> Bool { maximumBlob.map { size > $0 } ?? false }
}

/// How much of a quota is used.
public struct QuotaUsage: Sendable, Hashable {
    /// The rule's name.
    public var rule: String
    /// The bytes that its repositories hold; `nil` before they were counted for the first time.
    public var used: Int64?
    /// The bytes that they may hold.
    public var limit: Int64
}

extension QuotaRule {
    /// The refusal of what does not fit beside what is there.
    func refusal(of bytes: Int64, beside used: Int64, in repository: RepositoryName) -> RegistryError {
        let limit = bytesText(self.bytes ?? 0)
        return RegistryError(
            .denied,
            message: "the quota '\(name)' (registryd.policy.quotas) has no room for this in \(repository): "
                + "\(bytesText(used)) of \(limit) are used, and it needs at least \(bytesText(bytes)) more",
            detail: .fields([
                .init("Rule", name), .init("Used", String(used)), .init("Limit", String(self.bytes ?? 0)),
            ])
        )
    }

    /// The refusal of a blob that is too long.
    func refusalOfBlob(in repository: RepositoryName) -> RegistryError {
        RegistryError(
            .denied,
            message: "the blob is too large for \(repository): the quota '\(name)' (registryd.policy.quotas) allows "
                + "\(bytesText(maximumBlob ?? 0)) a blob",
            detail: .fields([.init("Rule", name), .init("Limit", String(maximumBlob ?? 0))]),
            status: 413
        )
    }

    /// The refusal where nobody knows at the moment how much is used. Clients try again.
    var uncounted: RegistryError {
        RegistryError(
            .unavailable,
            message: "what the repositories of the quota '\(name)' (registryd.policy.quotas) hold is being counted; "
                + "try again"
        )
    }
}

/// A number of bytes for people, in binary units, with one digit after the point, rounded down: `1.5 GiB`.
func bytesText(_ bytes: Int64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var (unit, size) = (0, Int64(1))
    while unit < units.count - 1, bytes / size >= 1024 {
        size *= 1024
        unit += 1
    }
    let tenths = unit == 0 ? 0 : (bytes % size) * 10 / size
    if bytes == 1 { return "1 byte" }
    return tenths == 0 ? "\(bytes / size) \(units[unit])" : "\(bytes / size).\(tenths) \(units[unit])"
}
