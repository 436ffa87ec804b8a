import Synchronization

/// Lets clients through while it is open, and closes when nobody is inside: time may jump then.
///
/// An actor, for those who wait are kept as continuations.
actor Gate {
    private var inside = 0
    private var isClosed = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var closer: CheckedContinuation<Void, Never>?

    /// Runs a body inside.
    func through<Result: Sendable>(_ body: @concurrent @Sendable () async throws -> Result) async rethrows -> Result {
        while isClosed { await withCheckedContinuation { waiting.append($0) } }
        inside += 1
        defer {
            inside -= 1
            if inside == 0 { closer.take()?.resume() }
        }
        return try await body()
    }

    /// Waits until nobody is inside, and runs a body while nobody comes in. One at a time.
    func closed<Result: Sendable>(_ body: @concurrent @Sendable () async throws -> Result) async rethrows -> Result {
        isClosed = true
        defer {
            isClosed = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        if inside > 0 { await withCheckedContinuation { closer = $0 } }
        return try await body()
    }
}
