import NIOCore
import Synchronization

/// The open connections of a server: counted, so that it can hold back, and known, so that it can tell them to end.
final class ConnectionList: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: AcceptedConnection] = [:]
        /// How many connections have a task. Those that were accepted and wait for one aren't counted: were they, the
        /// last few up to the limit would wait for each other.
        var served = 0
        var isDraining = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let draining = Atomic(false)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// How many connections are open.
    var count: Int { state.withLock { $0.connections.count } }

    /// Whether the server is stopping, so that no connection goes on after its request.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Adds a connection until its channel closes. It is called on the channel's event loop.
    func add(_ connection: AcceptedConnection) {
        let id = ObjectIdentifier(connection.channel)
        let isDraining = state.withLock {
            $0.connections[id] = connection
            return $0.isDraining
        }
        if isDraining { connection.state.value.beginDraining() }
        connection.channel.closeFuture.whenComplete { _ in self.remove(id) }
    }

    private func remove(_ id: ObjectIdentifier) { state.withLock { $0.connections[id] = nil } }

    /// Notes that a connection gets a task. One call of ``endServing()`` follows.
    func beginServing() { state.withLock { $0.served += 1 } }

    /// Notes that a connection's task has ended.
    func endServing() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock {
            $0.served -= 1
            return $0.served < limit ? $0.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// Waits until another connection may have a task, or the server stops.
    func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFull = state.withLock {
                    guard $0.served >= limit, !$0.isDraining, !Task.isCancelled else { return false }
                    $0.waiter = continuation
                    return true
                }
                if !isFull { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Tells every connection, and each that is still to come, to end after the request that it is answering.
    func drain() {
        draining.store(true, ordering: .relaxed)
        let (connections, waiter) = state.withLock {
            $0.isDraining = true
            return (Array($0.connections.values), $0.waiter.take())
        }
        waiter?.resume()
        for connection in connections {
            connection.channel.eventLoop.execute { connection.state.value.beginDraining() }
        }
    }

    /// Closes whatever is open.
    func closeAll() {
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.channel.close(promise: nil)
        }
    }
}
