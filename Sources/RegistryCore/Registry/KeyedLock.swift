import Synchronization

/// Makes work on one key wait for earlier work on that key, in order; work on other keys never waits.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        /// The keys that are held, each with those who wait for it, first come first served.
        var held: [Key: [Waiter]] = [:]
        var lastNumber: UInt64 = 0
        /// Waiters that were cancelled before they began to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Runs `body` while no other holds the key.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits; what `body` throws.
    func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        guard await acquire(key) else { throw CancellationError() }
        defer { release(key) }
        return try await body()
    }

    /// Runs `body` if nobody holds the key; `nil` if somebody does.
    func withLockIfFree<Result>(_ key: Key, _ body: () async throws -> Result) async rethrows -> Result? {
        let isFree = state.withLock { state in
            guard state.held[key] == nil else { return false }
            state.held[key] = []
            return true
        }
        guard isFree else { return nil }
        defer { release(key) }
        return try await body()
    }

    /// How many wait for a key; for tests.
    func waitingCount(for key: Key) -> Int { state.withLock { $0.held[key]?.count ?? 0 } }

    /// Whether nothing is held and nothing is remembered; for tests.
    var isIdle: Bool { state.withLock { $0.held.isEmpty && $0.cancelled.isEmpty } }

    private func acquire(_ key: Key) async -> Bool {
        let number: UInt64? = state.withLock { state in
            guard state.held[key] != nil else {
                state.held[key] = []
                return nil
            }
            state.lastNumber += 1
            return state.lastNumber
        }
        guard let number else { return true }
        // A cancellation that comes when the wait is over leaves its mark too.
        defer { state.withLock { _ = $0.cancelled.remove(number) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return false }
                    guard state.held[key] != nil else {
                        state.held[key] = []
                        return true
                    }
                    state.held[key]?.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                guard let position = state.held[key]?.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.held[key]?.remove(at: position)
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func release(_ key: Key) {
        let next: Waiter? = state.withLock { state in
            guard var waiters = state.held[key], !waiters.isEmpty else {
                state.held[key] = nil
                return nil
            }
            let first = waiters.removeFirst()
            state.held[key] = waiters
            return first
        }
        next?.continuation.resume(returning: true)
    }
}
