import HTTPTypes
import NIOCore

/// What a server's observer is yet to be told of the answers of one event loop's connections. It lives on that loop.
///
/// An answer is told of at the end of the loop's turn, with all others of that turn. A request runs through some 280 KiB of
/// code, nine times the cache that a processor has nearest; what writes log lines then stays there from one line to the next.
final class ExchangeReports {
    private let observer: any ServerObserver
    private let eventLoop: any EventLoop
    private var waiting: [Exchange] = []

    /// More of them keep no room for the next turn.
    private static let mostKept = 256

    init(_ observer: any ServerObserver, _ eventLoop: any EventLoop) {
        self.observer = observer
        self.eventLoop = eventLoop
    }

    /// Says that a responder is about to see a request.
    func begin(_ request: HTTPRequest, from peer: Peer) { observer.exchangeStarted(request, from: peer) }

    /// Notes an answer.
    func add(_ exchange: Exchange) {
        waiting.append(exchange)
        if waiting.count == 1 { eventLoop.assumeIsolated().execute { self.tell() } }
    }

    /// Tells what waits: at the end of a turn, and before a connection's task ends, which a server that stops waits for.
    func tell() {
        let exchanges = waiting
        waiting = []
        observer.exchangesFinished(exchanges.span)
        if waiting.isEmpty, exchanges.count <= Self.mostKept { waiting.reserveCapacity(exchanges.count) }
    }
}
