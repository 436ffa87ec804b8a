public import HTTPTypes

/// What hears of each request and of its answer: an access log, a counter.
///
/// Both calls are made on the connection's event loop: they must not block.
public protocol ServerObserver: Sendable {
    /// Says that a responder is about to see a request. ``exchangesFinished(_:)`` tells of the same request later, whatever
    /// becomes of it.
    func exchangeStarted(_ request: HTTPRequest, from peer: Peer)

    /// Says that answers were sent or given up, soon after that: those of one turn of an event loop, in their order. Each
    /// request has one, also one that was refused before a responder saw it; the exchange then has no request.
    func exchangesFinished(_ exchanges: Span<Exchange>)
}

extension ServerObserver {
    /// Does nothing.
    public func exchangeStarted(_ request: HTTPRequest, from peer: Peer) {}
}

/// Several observers as one; each hears in turn.
public struct CombinedObserver: ServerObserver {
    private let observers: [any ServerObserver]

    /// Makes an observer of others.
    ///
    /// - Returns: `nil` when there are none, so that the server needs to tell nobody.
    public init?(_ observers: [any ServerObserver]) {
        guard !observers.isEmpty else { return nil }
        self.observers = observers
    }

    /// Tells each.
    public func exchangeStarted(_ request: HTTPRequest, from peer: Peer) {
        for observer in observers { observer.exchangeStarted(request, from: peer) }
    }

    /// Tells each of all, and then the next one: what writes a line is still in the processor's cache for the next line.
    public func exchangesFinished(_ exchanges: Span<Exchange>) {
        for observer in observers { observer.exchangesFinished(exchanges) }
    }
}

/// A request and how it was answered.
///
/// It is a class since each observer is handed it: a copy of its parts took 20 reference counts, of which a manifest's pull
/// has a thousand, and there were four.
public final class Exchange: Sendable {
    /// The protocol that a request came by.
    public enum Version: String, Sendable, Hashable {
        /// HTTP/1.0.
        case http10 = "HTTP/1.0"
        /// HTTP/1.1.
        case http11 = "HTTP/1.1"
        /// HTTP/2.
        case http2 = "HTTP/2.0"
    }

    /// The request; `nil` when it could not be understood.
    public let request: HTTPRequest?
    /// Who asked.
    public let peer: Peer
    /// The protocol.
    public let version: Version
    /// The status that was sent.
    public let status: Int
    /// The header fields of the answer, without those that the transport adds.
    public let headers: HTTPFields
    /// What the responder noted about the request.
    public let notes: ResponseNotes
    /// How many bytes of the answer's content were handed to the connection.
    public let bytesSent: Int64
    /// How many bytes of the request's content arrived.
    public let bytesReceived: Int64
    /// From the head's arrival to the answer's end.
    public let duration: Duration
    /// Whether the answer was sent whole.
    public let isComplete: Bool

    /// Makes a record of an exchange.
    public init(
        request: HTTPRequest?,
        peer: Peer,
        version: Version = .http11,
        status: Int,
        headers: HTTPFields = HTTPFields(),
        notes: ResponseNotes = ResponseNotes(),
        bytesSent: Int64,
        bytesReceived: Int64,
        duration: Duration,
        isComplete: Bool
    ) {
        self.request = request
        self.peer = peer
        self.version = version
        self.status = status
        self.headers = headers
        self.notes = notes
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.duration = duration
        self.isComplete = isComplete
    }
}
