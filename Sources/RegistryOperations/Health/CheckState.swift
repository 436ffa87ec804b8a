/// What is known of one check: a value, without a clock.
///
/// A check starts healthy. It fails once as many runs in a row failed as its threshold says, and is healthy again with
/// the first that succeeds.
struct CheckState: Sendable, Hashable {
    /// How many failures in a row count; 0 is as 1.
    let threshold: Int
    /// How many runs have failed in a row.
    private(set) var failures = 0
    private var reason: String?

    init(threshold: Int) { self.threshold = max(threshold, 1) }

    /// Notes a run.
    ///
    /// - Parameter failure: why it failed; `nil` when it succeeded.
    mutating func record(_ failure: String?) {
        reason = failure
        failures = failure == nil ? 0 : min(failures + 1, threshold)
    }

    /// Why the check fails; `nil` while it is healthy.
    var problem: String? { failures >= threshold ? reason : nil }
}
