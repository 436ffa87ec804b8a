public import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// The HTTP server: it accepts connections and has each request answered by a ``Responder``.
///
/// It starts no thread and no task of its own: it runs on the event loops that it is given, inside ``run()``. Each
/// connection is a child task that runs on its connection's event loop, so that a request which waits for nothing
/// never changes threads.
public final class RegistryServer: Service {
    private let configuration: ServerConfiguration
    private let responder: any Responder
    private let observer: (any ServerObserver)?
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let contexts: [ObjectIdentifier: LoopContext]
    private let connections: ConnectionList
    private let address = BoundAddress()

    /// Makes a server; it does nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: where to listen, what to accept and how long to wait.
    ///   - responder: what answers.
    ///   - eventLoopGroup: the threads to run on; they must outlive ``run()``.
    ///   - observer: what hears of each answer.
    ///   - logger: where the start, the stop and trouble with the socket are told.
    public init(
        configuration: ServerConfiguration,
        responder: some Responder,
        eventLoopGroup: any EventLoopGroup,
        observer: (any ServerObserver)? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        self.responder = responder
        self.observer = observer
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        var contexts: [ObjectIdentifier: LoopContext] = [:]
        for loop in eventLoopGroup.makeIterator() {
            contexts[ObjectIdentifier(loop)] = LoopContext(loop, observer)
        }
        self.contexts = contexts
        connections = ConnectionList(limit: configuration.limits.connections)
    }

    /// How many connections are open.
    public var connectionCount: Int { connections.count }

    /// The address that the server listens on, as soon as it does.
    ///
    /// - Throws: what kept it from listening.
    public var boundAddress: SocketAddress {
        get async throws { try await address.value }
    }

    /// Listens and serves until the service is told to stop, or the task is cancelled.
    ///
    /// On a graceful shutdown it accepts no more connections, closes those that wait for a request, and lets the
    /// others finish the request that they are in, for as long as the configuration allows. A cancellation closes
    /// them all at once.
    ///
    /// - Throws: what kept it from listening.
    public func run() async throws {
        let socket: ListeningSocket
        do {
            socket = try await listen()
        } catch {
            address.resolve(.failure(error))
            throw error
        }
        if let local = socket.channel.channel.localAddress {
            logger.info(
                "listening",
                metadata: ["address": "\(local)", "tls": "\(configuration.security != nil)"]
            )
            address.resolve(.success(local))
        } else {
            address.resolve(.failure(ListenerError("the listening socket has no address")))
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.serve(socket.channel) }
            group.addTask { await self.waitForDrainDeadline() }
            await group.next()
            group.cancelAll()
        }
        connections.closeAll()
        socket.removeFile()
        logger.info("stopped")
    }

    private func listen() async throws -> ListeningSocket {
        let configuration = configuration
        let connections = connections
        return try await ListeningSocket.open(configuration, on: eventLoopGroup) { channel in
            AcceptedConnection.initialize(channel, configuration: configuration)
                .assumeIsolated().map { connection in
                    connections.add(connection)
                    ReadSizes.limit(connection.channel, among: connections.count)
                    return connection
                }.nonisolated()
        }
    }

    private func serve(_ listener: NIOAsyncChannel<AcceptedConnection, Never>) async {
        do {
            try await listener.executeThenClose { inbound in
                try await withGracefulShutdownHandler {
                    try await withThrowingDiscardingTaskGroup { group in
                        for try await connection in inbound {
                            let context = self.context(of: connection.channel.eventLoop)
                            self.connections.beginServing()
                            group.addTask(executorPreference: context.executor) {
                                await self.serve(connection, context)
                                self.connections.endServing()
                            }
                            await self.connections.waitForRoom()
                        }
                    }
                } onGracefulShutdown: {
                    listener.channel.close(promise: nil)
                    self.connections.drain()
                }
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("the listening socket failed", metadata: ["error": "\(error)"])
        }
    }

    private func serve(_ connection: AcceptedConnection, _ context: LoopContext) async {
        let channel = connection.channel
        await withTaskCancellationHandler {
            let state = connection.state.value
            switch await state.decided() {
            case .http1(let handler):
                let connection = HTTP1Connection(
                    loop: NIOLoopBound(handler, eventLoop: channel.eventLoop),
                    responder: responder,
                    flushes: context.flushes,
                    reports: context.reports,
                    configuration: configuration,
                    connections: connections,
                    peer: state.peer,
                    dates: context.dates
                )
                await connection.serve()
            case .http2(let handler):
                let connection = HTTP2Connection(
                    loop: NIOLoopBound(handler, eventLoop: channel.eventLoop),
                    responder: responder,
                    reports: context.reports,
                    configuration: configuration,
                    peer: state.peer,
                    dates: context.dates
                )
                await connection.serve()
            case .undecided, .ended:
                guard let failure = state.failure else { return }
                logger.debug(
                    "a connection ended before a request",
                    metadata: ["peer": "\(state.peer.address ?? "-")", "error": "\(failure)"]
                )
            }
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func context(of eventLoop: any EventLoop) -> LoopContext {
        contexts[ObjectIdentifier(eventLoop)] ?? LoopContext(eventLoop, observer)
    }

    /// Returns when the requests under way have had their time since the graceful shutdown began.
    private func waitForDrainDeadline() async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: configuration.timeouts.drain)
        } catch {
            return
        }
    }
}

extension SocketAddress {
    /// The address and port as a URL has them; `nil` where there is no port.
    var hostAndPort: String? {
        guard let ipAddress, let port else { return nil }
        if case .v6 = self { return "[\(ipAddress)]:\(port)" }
        return "\(ipAddress):\(port)"
    }
}

/// The address that a server listens on, for those who wait for it.
private final class BoundAddress: Sendable {
    private enum State {
        case waiting([CheckedContinuation<SocketAddress, any Error>])
        case resolved(Result<SocketAddress, any Error>)
    }

    private let state = Mutex(State.waiting([]))

    var value: SocketAddress {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<SocketAddress, any Error>? = state.withLock {
                    switch $0 {
                    case .resolved(let result): return result
                    case .waiting(let continuations):
                        $0 = .waiting(continuations + [continuation])
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }

    func resolve(_ result: Result<SocketAddress, any Error>) {
        let continuations = state.withLock { state in
            defer { state = .resolved(result) }
            if case .waiting(let continuations) = state { return continuations }
            return []
        }
        for continuation in continuations { continuation.resume(with: result) }
    }
}
