import NIOCore

/// A timer for waits that mostly end early: it is moved only when it would come too late, and set anew when it comes
/// too early, so that a wait costs none. It lives on its event loop.
final class DeadlineTimer {
    private let eventLoop: any EventLoop
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var due = NIODeadline.distantFuture
    private var passed: (() -> Void)?

    /// - Parameter passed: called when a deadline passes; dropped by ``cancel()``.
    init(_ eventLoop: any EventLoop, passed: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.passed = passed
    }

    /// Sets when the current wait ends.
    func set(_ time: NIODeadline) {
        deadline = time
        if timer == nil || due > time { schedule(time) }
    }

    /// Says that nothing is waited for.
    func clear() { deadline = nil }

    /// Ends the timer for good.
    func cancel() {
        deadline = nil
        timer?.cancel()
        timer = nil
        passed = nil
    }

    private func schedule(_ time: NIODeadline) {
        guard passed != nil else { return }
        timer?.cancel()
        due = time
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.fired() }
    }

    private func fired() {
        timer = nil
        guard let deadline else { return }
        if NIODeadline.now() < deadline {
            schedule(deadline)
        } else {
            self.deadline = nil
            passed?()
        }
    }
}
