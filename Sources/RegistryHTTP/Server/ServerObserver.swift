public import HTTPTypes

/// What hears of each request and of its answer: an access log, a counter.
///
/// Both calls are made on the connection's event loop: they must not block.
public protocol ServerObserver: Sendable {
    /// Says that a responder is about to see a request. One call of ``exchangeFinished(_:)`` with the same request
    /// follows, whatever becomes of it.
    func exchangeStarted(_ request: HTTPRequest, from peer: Peer)

    /// Says that an answer was sent or given up, soon after that. It is called once for each request, also for one that
    /// was refused before a responder saw it; the exchange then has no request.
    func exchangeFinished(_ exchange: Exchange)
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

    /// Tells each.
    public func exchangeFinished(_ exchange: Exchange) {
        for observer in observers { observer.exchangeFinished(exchange) }
    }
}

/// A request and how it was answered.
public struct Exchange: Sendable {
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
    public var request: HTTPRequest?
    /// Who asked.
    public var peer: Peer
    /// The protocol.
    public var version = Version.http11
    /// The status that was sent.
    public var status: Int
    /// The header fields of the answer, without those that the transport adds.
    public var headers = HTTPFields()
    /// What the responder noted about the request.
    public var notes = ResponseNotes()
    /// How many bytes of the answer's content were handed to the connection.
    public var bytesSent: Int64
    /// How many bytes of the request's content arrived.
    public var bytesReceived: Int64
    /// From the head's arrival to the answer's end.
    public var duration: Duration
    /// Whether the answer was sent whole.
    public var isComplete: Bool

    /// Makes a record of an exchange.
    public init(
        request: HTTPRequest?,
        peer: Peer,
        status: Int,
        bytesSent: Int64,
        bytesReceived: Int64,
        duration: Duration,
        isComplete: Bool
    ) {
        self.request = request
        self.peer = peer
        self.status = status
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.duration = duration
        self.isComplete = isComplete
    }
}
