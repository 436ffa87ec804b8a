package import RegistryCore

/// Credentials that held a short while ago, by a keyed hash: neither a password or token nor what would help to guess
/// one stays in memory.
package struct VerifiedCache<Value: Sendable, Moment: Comparable & Sendable>: Sendable {
    /// The most credentials that are kept.
    package let limit: Int
    @usableFromInline var entries: [Digest: (value: Value, end: Moment)] = [:]

    package init(limit: Int) { self.limit = limit }

    package var count: Int { entries.count }

    /// What was found out about credentials; `nil` when it is not known, or no longer.
    @inlinable
    package func value(for key: Digest, at now: Moment) -> Value? {
        guard let entry = entries[key], now < entry.end else { return nil }
        return entry.value
    }

    /// Keeps a key; when there are too many, those that are over go, then the one that would end first.
    package mutating func insert(_ key: Digest, _ value: Value, until end: Moment, at now: Moment) {
        guard limit > 0, now < end else { return }
        if entries[key] == nil, entries.count >= limit {
            entries = entries.filter { now < $0.value.end }
            if entries.count >= limit, let first = entries.min(by: { $0.value.end < $1.value.end }) {
                entries[first.key] = nil
            }
        }
        entries[key] = (value, end)
    }
}
