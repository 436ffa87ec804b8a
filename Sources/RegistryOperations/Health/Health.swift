internal import Synchronization

/// Whether the registry is well, by its checks: what `/debug/health` shows, and what a ``HealthGate`` asks before each
/// request.
public final class Health: Sendable {
    private struct State {
        var checks: [String: CheckState] = [:]
    }

    /// The name of the check that an operator fails by hand.
    static let manual = "manual_http_status"

    private let state = Mutex(State())
    private let healthy = Atomic(true)

    /// Makes a state without checks, which is healthy.
    public init() {}

    /// Whether all checks are healthy. It reads one word of memory.
    public var isHealthy: Bool { healthy.load(ordering: .relaxed) }

    /// The failing checks and why they fail.
    public var problems: [String: String] { state.withLock { $0.checks.compactMapValues(\.problem) } }

    /// Fails the check `manual_http_status`, or heals it: an operator takes this replica out of service.
    public func setManually(isDown: Bool) {
        add(Self.manual, threshold: 1)
        record(isDown ? "manual check" : nil, for: Self.manual)
    }

    /// Adds a check, healthy at first. A name that is there already stays as it is.
    ///
    /// - Parameter threshold: how many failures in a row count.
    func add(_ name: String, threshold: Int) {
        state.withLock { state in
            guard state.checks[name] == nil else { return }
            state.checks[name] = CheckState(threshold: threshold)
        }
    }

    /// Notes a run of a check.
    ///
    /// - Parameter failure: why it failed; `nil` when it succeeded.
    /// - Returns: whether the check is healthy, when that has changed.
    @discardableResult
    func record(_ failure: String?, for name: String) -> Bool? {
        state.withLock { state in
            guard var check = state.checks[name] else { return nil }
            let before = check.problem == nil
            check.record(failure)
            state.checks[name] = check
            let after = check.problem == nil
            // Within the lock, so that the word never tells of a state that has passed.
            if before != after {
                healthy.store(state.checks.values.allSatisfy { $0.problem == nil }, ordering: .relaxed)
            }
            return before == after ? nil : after
        }
    }
}
