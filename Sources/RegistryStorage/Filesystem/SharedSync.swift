import NIOConcurrencyHelpers
import Synchronization

/// One call of the disk that several wait for: threads, and what is to be done after it. Each may come before it and after.
final class SharedSync: Sendable {
    private enum State {
        case open([@Sendable () -> Void])
        case made(SystemFailure?)
    }

    private let isMade = ConditionLock(value: false)
    private let state = Mutex(State.open([]))

    /// Makes it, and lets those go on who wait for it; `leaving` is run before they do.
    func run(_ body: () throws(SystemFailure) -> Void, leaving: () -> Void = {}) {
        let failure = SystemFailure.of(body)
        leaving()
        let rest = state.withLock { state -> [@Sendable () -> Void] in
            defer { state = .made(failure) }
            return if case .open(let rest) = state { rest } else { [] }
        }
        isMade.lock()
        isMade.unlock(withValue: true)
        for body in rest { body() }
    }

    /// Waits until it has been made.
    ///
    /// - Throws: what it threw, for each who waits.
    func wait() throws(SystemFailure) {
        isMade.lock(whenValue: true)
        isMade.unlock()
        if case .made(let failure?) = state.withLock({ $0 }) { throw failure }
    }

    /// Runs a body when it has been made, whatever came of it: on the thread that made it, or at once.
    func whenMade(_ body: @escaping @Sendable () -> Void) {
        let isMade = state.withLock { state in
            guard case .open(let rest) = state else { return true }
            state = .open(rest + [body])
            return false
        }
        if isMade { body() }
    }
}
