public import HTTPTypes

/// What hears of each answer: an access log, a counter.
public protocol ServerObserver: Sendable {
    /// Says that an answer was sent or given up. It is called once for each request, also for one that was refused
    /// before a responder saw it, on the connection's event loop: it must not block.
    func exchangeFinished(_ exchange: Exchange)
}

/// A request and how it was answered.
public struct Exchange: Sendable {
    /// The request; `nil` when it could not be understood.
    public var request: HTTPRequest?
    /// Who asked.
    public var peer: Peer
    /// The status that was sent.
    public var status: Int
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
