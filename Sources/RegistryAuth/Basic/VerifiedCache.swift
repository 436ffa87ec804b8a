/// Credentials that held a short while ago, by a keyed hash: neither a password nor what would help to guess one stays
/// in memory.
struct VerifiedCache: Sendable {
    /// How long credentials are taken without another check.
    let lifetime: Duration
    /// The most credentials that are kept.
    let limit: Int
    private var ends: [[UInt8]: ContinuousClock.Instant] = [:]

    init(lifetime: Duration, limit: Int) {
        self.lifetime = lifetime
        self.limit = limit
    }

    var count: Int { ends.count }

    func contains(_ key: [UInt8], at now: ContinuousClock.Instant) -> Bool {
        ends[key].map { now < $0 } ?? false
    }

    /// Keeps a key; when there are too many, those that are over go, then the one that would end first.
    mutating func insert(_ key: [UInt8], at now: ContinuousClock.Instant) {
        guard lifetime > .zero, limit > 0 else { return }
        if ends[key] == nil, ends.count >= limit {
            ends = ends.filter { now < $0.value }
            if ends.count >= limit, let first = ends.min(by: { $0.value < $1.value }) { ends[first.key] = nil }
        }
        ends[key] = now + lifetime
    }
}
