import NIOCore
import Synchronization

/// The receiving end of a test's socket: it reads only when it is asked to, so that a test can be a slow reader.
final class ByteInbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var received = ByteBuffer()
        var end: Result<Void, WireError>?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
        var generation = 0
    }

    private let state = Mutex(State())

    /// What has arrived, or what arrives next; `nil` at the end.
    ///
    /// - Throws: ``WireError``.
    func next(from channel: any Channel, timeout: Duration) async throws -> ByteBuffer? {
        try await withCheckedThrowingContinuation { continuation in
            let generation: Int? = state.withLock { state in
                if state.received.readableBytes > 0 {
                    continuation.resume(returning: state.received)
                    state.received.clear()
                    return nil
                }
                switch state.end {
                case .success:
                    continuation.resume(returning: nil)
                    return nil
                case .failure(let error):
                    continuation.resume(throwing: error)
                    return nil
                case nil:
                    state.generation += 1
                    state.waiter = continuation
                    return state.generation
                }
            }
            guard let generation else { return }
            channel.read()
            channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { self.expire(generation) }
        }
    }

    private func expire(_ generation: Int) {
        let waiter = state.withLock { $0.generation == generation ? $0.waiter.take() : nil }
        waiter?.resume(throwing: WireError.timedOut)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        state.withLock { state in
            if let waiter = state.waiter.take() {
                waiter.resume(returning: bytes)
            } else {
                state.received.writeBuffer(&bytes)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { finish(.success(())) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.success(()))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(.reset))
        context.close(promise: nil)
    }

    private func finish(_ result: Result<Void, WireError>) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = result
            guard let waiter = state.waiter.take() else { return }
            switch result {
            case .success: waiter.resume(returning: nil)
            case .failure(let error): waiter.resume(throwing: error)
            }
        }
    }
}
