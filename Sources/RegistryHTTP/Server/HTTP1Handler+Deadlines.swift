import NIOCore

extension HTTP1Handler {
    /// Sets when the current wait ends. The one timer of the connection is moved only when it would come too late;
    /// when it comes too early it is set anew, so that a request costs none.
    func setDeadline(_ time: NIODeadline) {
        deadline = time
        if timer == nil || timerDue > time { schedule(time) }
    }

    /// Sets the time until the next head must be there.
    func setHeadDeadline() {
        let now = NIODeadline.now()
        isPausing = false
        setDeadline(headBegan == nil ? now + times.idle : now + times.head)
    }

    /// Ends the wait for a head that has not begun after a moment: longer than a busy client takes for its next request.
    func setPause() {
        guard headBegan == nil, Self.moment < times.idle else { return }
        isPausing = true
        setDeadline(.now() + Self.moment)
    }

    private static var moment: TimeAmount { .milliseconds(5) }

    private func schedule(_ time: NIODeadline) {
        guard let context, !isClosed else { return }
        timer?.cancel()
        timerDue = time
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        guard let deadline, !isClosed else { return }
        if NIODeadline.now() < deadline {
            schedule(deadline)
        } else {
            self.deadline = nil
            deadlinePassed()
        }
    }

    private func deadlinePassed() {
        switch waiter {
        case .none: break
        case .head(let continuation):
            waiter = .none
            guard !isPausing else { return continuation.resume(returning: .pause) }
            // A client that has begun a head hears why; one that has not is merely disconnected.
            isIgnoring = true
            continuation.resume(returning: hasPartialHead ? .failure(.timedOut) : .end)
        case .body(let continuation): failBody(.timedOut, continuation)
        case .discarding(let continuation):
            waiter = .none
            continuation.resume(returning: false)
        case .lingering: endLingering()
        case .written: checkStall()
        }
    }

    /// Whether the content has come too slowly. Only the time counts that the server has waited for it.
    func isTooSlow() -> Bool {
        bodyWaited = bodyWaited + (NIODeadline.now() - bodyWaitBegan)
        guard bodyWaited > times.body else { return false }
        let expected = Double(configuration.timeouts.minimumBodyRate) * Double(bodyWaited.nanoseconds) / 1e9
        return Double(bodyReceived) < expected
    }

    /// Ends the connection when the client has taken nothing since the last look.
    private func checkStall() {
        let left = untakenBytes()
        if left < lastUntaken {
            lastUntaken = left
            setDeadline(.now() + times.response)
        } else {
            context?.close(promise: nil)
        }
    }
}
