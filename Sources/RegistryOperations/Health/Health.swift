internal import Synchronization

/// Whether the registry is well, by its checks: what `/debug/health` shows, and what a ``HealthGate`` asks before each
/// request.
public final class Health: Sendable {
    private struct State {
        var checks: [String: CheckState] = [:]
        /// The checks that are shown, and on account of which no request is refused.
        var shownOnly: Set<String> = []
    }

    /// The name of the check that an operator fails by hand.
    static let manual = "manual_http_status"

    private let state = Mutex(State())
    private let healthy = Atomic(true)
    private let serving = Atomic(true)

    /// Makes a state without checks, which is healthy.
    public init() {}

    /// Whether all checks are healthy. It reads one word of memory.
    public var isHealthy: Bool { healthy.load(ordering: .relaxed) }

    /// Whether requests are served: all checks are healthy save for those that are only shown. It reads one word of
    /// memory.
    public var isServing: Bool { serving.load(ordering: .relaxed) }

    /// The failing checks and why they fail.
    public var problems: [String: String] { state.withLock { $0.checks.compactMapValues(\.problem) } }

    /// Fails the check `manual_http_status`, or heals it: an operator takes this replica out of service.
    public func setManually(isDown: Bool) {
        add(Self.manual, threshold: 1)
        record(isDown ? "manual check" : nil, for: Self.manual)
    }

    /// Adds a check, healthy at first. A name that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - threshold: how many failures in a row count.
    ///   - refusesRequests: whether requests are refused while it fails; otherwise it is shown only.
    func add(_ name: String, threshold: Int, refusesRequests: Bool = true) {
        state.withLock { state in
            guard state.checks[name] == nil else { return }
            state.checks[name] = CheckState(threshold: threshold)
            if !refusesRequests { state.shownOnly.insert(name) }
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
            // Within the lock, so that the words never tell of a state that has passed.
            if before != after {
                let failing = state.checks.filter { $0.value.problem != nil }.keys
                healthy.store(failing.isEmpty, ordering: .relaxed)
                serving.store(failing.allSatisfy(state.shownOnly.contains), ordering: .relaxed)
            }
            return before == after ? nil : after
        }
    }
}
