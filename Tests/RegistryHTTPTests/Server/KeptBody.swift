import Synchronization

@testable import RegistryHTTP

/// Holds a request's content beyond its request.
final class KeptBody: Sendable {
    private let body = Mutex<RequestBody?>(nil)

    func store(_ body: RequestBody) { self.body.withLock { $0 = body } }

    func take() -> RequestBody? { body.withLock { $0.take() } }
}

/// A gate that a responder waits at until a test opens it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivalWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits for the gate to open.
    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, arrived) = state.withLock { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                defer { state.arrivalWaiters = [] }
                return (state.isOpen, state.arrivalWaiters)
            }
            for waiter in arrived { waiter.resume() }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until somebody is at the gate.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if state.arrivals == 0 { state.arrivalWaiters.append(continuation) }
                return state.arrivals > 0
            }
            if hasArrived { continuation.resume() }
        }
    }

    /// Opens the gate for good.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }
}
