import NIOCore

/// An accepted connection on its way to its task.
struct AcceptedConnection: Sendable {
    let channel: any Channel
    let state: NIOLoopBound<ConnectionState>

    /// Prepares a new connection's pipeline.
    static func initialize(
        _ channel: any Channel,
        configuration: ServerConfiguration
    ) -> EventLoopFuture<AcceptedConnection> {
        channel.eventLoop.makeCompletedFuture {
            LocalCongestion.leaveBBR(channel)
            let state = ConnectionState(channel, configuration)
            try state.begin()
            return AcceptedConnection(channel: channel, state: NIOLoopBound(state, eventLoop: channel.eventLoop))
        }
    }
}

/// What a connection speaks, from its acceptance on. It lives on the channel's event loop.
final class ConnectionState {
    enum Phase {
        /// A handshake is under way, or the first bytes have not told yet.
        case undecided
        case http1(HTTP1Handler)
        case http2(HTTP2Handler)
        /// It was closed before anything was spoken.
        case ended
    }

    private let channel: any Channel
    private let configuration: ServerConfiguration
    private(set) var phase = Phase.undecided
    /// Who is at the other end; complete once the phase is decided.
    private(set) var peer: Peer
    /// Why nothing was spoken.
    private(set) var failure: (any Error)?
    private var waiter: UnsafeContinuation<Void, Never>?
    private var timer: Scheduled<Void>?

    init(_ channel: any Channel, _ configuration: ServerConfiguration) {
        self.channel = channel
        self.configuration = configuration
        peer = Peer()
    }

    /// Adds the handlers that find out what the connection speaks, or those that speak it.
    func begin() throws {
        if let security = configuration.security {
            let protocols = configuration.isHTTP2Enabled ? ["h2", "http/1.1"] : ["http/1.1"]
            let secured = try security.secure(channel, offering: protocols)
            waitForDecision()
            secured.assumeIsolated().whenComplete { self.secured($0) }
        } else if configuration.isH2CEnabled {
            try channel.pipeline.syncOperations.addHandler(PrefaceDetector { self.decide(isHTTP2: $0) })
            waitForDecision()
        } else {
            decide(isHTTP2: false)
        }
    }

    /// Waits until it is known what the connection speaks.
    func decided() async -> Phase {
        if case .undecided = phase {
            await withUnsafeContinuation { waiter = $0 }
        }
        peer.address = channel.remoteAddress?.hostAndPort
        return phase
    }

    /// Ends the connection as soon as nothing is under way.
    func beginDraining() {
        switch phase {
        case .undecided: channel.close(promise: nil)
        case .http1(let handler): handler.beginDraining()
        case .http2(let handler): handler.beginDraining()
        case .ended: break
        }
    }

    private func waitForDecision() {
        let head = TimeAmount(configuration.timeouts.head)
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: head) { [channel] in
            channel.close(promise: nil)
        }
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            if case .undecided = self.phase { self.settle(.ended) }
        }
    }

    private func secured(_ result: Result<SecuredConnection, any Error>) {
        switch result {
        case .success(let secured):
            peer.isSecure = true
            peer.certificateName = secured.certificateName
            decide(isHTTP2: configuration.isHTTP2Enabled && secured.applicationProtocol == "h2")
        case .failure(let error):
            failure = error
            channel.close(promise: nil)
        }
    }

    private func decide(isHTTP2: Bool) {
        guard case .undecided = phase else { return }
        do {
            settle(
                isHTTP2
                    ? .http2(try HTTP2Channel.configure(channel, configuration))
                    : .http1(try HTTP1Channel.configure(channel, configuration))
            )
        } catch {
            failure = error
            channel.close(promise: nil)
        }
    }

    private func settle(_ phase: Phase) {
        self.phase = phase
        timer?.cancel()
        timer = nil
        waiter.take()?.resume()
    }
}
