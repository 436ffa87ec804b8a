import NIOCore
import RegistryCore

/// A connection's task: it waits for requests, has them answered, and ends the connection.
struct HTTP1Connection: Sendable {
    let loop: NIOLoopBound<HTTP1Handler>
    let responder: any Responder
    let flushes: NIOLoopBoundBox<PendingFlushes>
    let reports: NIOLoopBoundBox<ExchangeReports>?
    let configuration: ServerConfiguration
    let connections: ConnectionList
    let peer: Peer
    let dates: NIOLoopBoundBox<DateCache>

    /// How the connection goes on after an answer.
    enum Continuation {
        /// With the next request.
        case next
        /// It ends, and the client has nothing more to send.
        case close
        /// It ends while the client may still be sending: it must get to read the answer.
        case linger
    }

    /// Serves until the connection ends.
    func serve() async {
        let handler = loop.value
        var continuation = Continuation.next
        while continuation == .next {
            let incoming = await handler.nextRequest(pausing: false)
            // A task keeps the memory of its deepest call, 21 KiB after an answer. So requests are answered by a child,
            // which ends when the client pauses; ten thousand idle connections take 165 MiB instead of 300.
            async let burst = HTTP1Burst(self).answer(incoming)
            continuation = await burst
        }
        await finish(continuation, handler)
    }

    private func finish(_ continuation: Continuation, _ handler: HTTP1Handler) async {
        if handler.unsentBytes() > 0 { _ = await handler.sendThrough(.byteBuffer(ByteBuffer())) }
        if continuation == .linger {
            handler.closeOutput()
            await handler.linger()
        }
        reports?.value.tell()
        handler.close()
    }
}
