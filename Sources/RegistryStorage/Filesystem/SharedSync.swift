import NIOConcurrencyHelpers
import Synchronization

/// One call of the disk that several threads wait for. It may be waited for by many, and more than once.
final class SharedSync: Sendable {
    private let isDone = ConditionLock(value: false)
    private let failure = Mutex<SystemFailure?>(nil)

    /// Makes it, and lets those go on who wait for it; `leaving` is run before they do.
    func run(_ body: () throws(SystemFailure) -> Void, leaving: () -> Void = {}) {
        let failure = SystemFailure.of(body)
        leaving()
        self.failure.withLock { $0 = failure }
        isDone.lock()
        isDone.unlock(withValue: true)
    }

    /// Waits until it has been made.
    ///
    /// - Throws: what it threw, for each who waits.
    func wait() throws(SystemFailure) {
        isDone.lock(whenValue: true)
        isDone.unlock()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
