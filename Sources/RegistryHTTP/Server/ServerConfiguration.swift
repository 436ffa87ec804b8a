/// How the server listens, what it accepts and how long it waits.
///
/// Every limit has a default that suits a registry which faces the internet; nothing in it is without a bound.
public struct ServerConfiguration: Sendable {
    /// Where the server listens.
    public var listener: Listener
    /// What encrypts the connections; `nil` for plain ones.
    public var security: (any ConnectionSecurity)?
    /// Whether encrypted connections may speak HTTP/2, which ALPN decides.
    public var isHTTP2Enabled = true
    /// Whether connections that are not encrypted may speak HTTP/2, which the client must know beforehand
    /// ([RFC 9113, 3.3](https://www.rfc-editor.org/rfc/rfc9113#section-3.3)). HTTP/1.1 is spoken all the same.
    public var isH2CEnabled = false
    /// How many connections the system may hold that are not accepted yet.
    public var backlog: Int32 = 1024
    /// What a client may send.
    public var limits = Limits()
    /// How long a client may take.
    public var timeouts = Timeouts()
    /// How much of a file is handed to the kernel before other connections of the same event loop get their turn, in
    /// bytes, where the client takes it as fast as it is sent.
    public var filePieceBytes = 4 * 1024 * 1024
    /// The largest part of an object that is held in memory at once, in bytes.
    public var readPieceBytes = 512 * 1024
    /// Reports how many bytes of requests a connection holds after each read from its socket, or of content a stream
    /// of HTTP/2; for tests.
    var onBuffered: (@Sendable (Int) -> Void)?

    /// Makes a configuration with the defaults, for a TCP address.
    public init(host: String = "0.0.0.0", port: Int = 5000) { listener = .tcp(host: host, port: port) }

    /// Makes a configuration with the defaults.
    public init(_ listener: Listener) { self.listener = listener }

    /// Where a server listens.
    public enum Listener: Sendable, Hashable {
        /// On a TCP address or name; an empty one and `::` are every address of IPv6 and of IPv4. Port 0 lets the
        /// system choose one.
        case tcp(host: String, port: Int)
        /// On a Unix socket at this path. A socket that is there already is removed first, another file is an error;
        /// the server removes its own when it stops.
        case unix(path: String)
        /// On a socket that another program opened.
        case inherited(InheritedSocket)
    }

    /// The TCP address or name to listen on; empty where the server listens elsewhere. Setting it makes it listen on
    /// TCP.
    public var host: String {
        get { if case .tcp(let host, _) = listener { host } else { "" } }
        set { listener = .tcp(host: newValue, port: port) }
    }

    /// The TCP port to listen on; 0 where the server listens elsewhere. Setting it makes it listen on TCP.
    public var port: Int {
        get { if case .tcp(_, let port) = listener { port } else { 0 } }
        set { listener = .tcp(host: host, port: newValue) }
    }

    /// What a client may send.
    public struct Limits: Sendable {
        /// How many connections are open at once; further ones wait in the system's backlog until one ends.
        public var connections = 10_000
        /// How many requests of one connection may wait for the one that is being answered.
        public var pipelinedRequests = 128
        /// How many requests of one HTTP/2 connection are answered at once.
        public var streams = 100
        /// How many bytes of content a client may send ahead on one stream of HTTP/2, which is what its flow control
        /// allows. Up to twice as much is held for it: what the server has taken and what follows. A stream that begins
        /// before the client has confirmed this has the difference to the protocol's 65,535 bytes on top: the library
        /// adds it to the window that it keeps up.
        public var streamWindowBytes = 256 * 1024
        /// The longest request target, in bytes; a longer one is answered with 414.
        public var targetBytes = 8 * 1024
        /// The largest head, in bytes of its target, names and values; a larger one is answered with 431.
        public var headBytes = 64 * 1024
        /// The most header fields, trailers included; more are answered with 431.
        public var headerFields = 100
        /// How many bytes of requests a connection holds that nobody has read yet. The socket is read no further
        /// then; what one read brings, at most 256 KiB, may exceed it.
        public var bufferedBytes = 128 * 1024
        /// How much of a request's content is read and thrown away to keep a connection after an early answer, in
        /// bytes.
        public var discardedBytes = 256 * 1024
        /// How much is read and thrown away after the last answer so that the client gets to read it, in bytes.
        public var lingerBytes = 64 * 1024 * 1024

        /// Makes the default limits.
        public init() {}
    }

    /// How long a client may take.
    public struct Timeouts: Sendable {
        /// From a head's first byte, for the first request from the connection's start, to its end.
        public var head: Duration = .seconds(30)
        /// From an answer to the next request's first byte.
        public var idle: Duration = .seconds(120)
        /// Without a byte of a request's content while the server waits for it.
        public var body: Duration = .seconds(60)
        /// How fast a request's content must come on average once the server has waited for ``body`` in all, in bytes
        /// per second.
        public var minimumBodyRate = 512
        /// Without the client taking a byte of an answer.
        public var response: Duration = .seconds(60)
        /// For the client to take the last answer and close, after the server has closed its side.
        public var linger: Duration = .seconds(5)
        /// For the requests that are under way when the server is told to stop.
        public var drain: Duration = .seconds(30)

        /// Makes the default times.
        public init() {}
    }
}
