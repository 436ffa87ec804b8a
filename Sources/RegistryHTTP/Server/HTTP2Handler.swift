import NIOCore
import NIOHTTP2

/// The end of the channel of a connection that speaks HTTP/2: it queues the streams that begin until the connection's
/// task takes them, and ends the connection when it is idle or the server stops. It lives on the channel's event loop.
///
/// The library's handler for this closes as soon as the last stream has ended, and drops what the socket has not taken
/// by then; and on a connection that is there already, as after ALPN, its idle timer starts with the first stream's
/// end only.
final class HTTP2Handler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let channel: any Channel
    private let timeouts: ServerConfiguration.Timeouts
    private var context: ChannelHandlerContext?
    private var timer: DeadlineTimer?

    /// Streams whose head has arrived and that no task has taken.
    private var waiting = CircularBuffer<HTTP2StreamHandler>(initialCapacity: 4)
    private var waiter: UnsafeContinuation<Void, Never>?
    /// How many streams have begun and have not ended.
    private var active = 0
    private var last = HTTP2StreamID.rootStream
    private var isClosed = false
    private var isDraining = false
    /// Whether the client knows which stream is the last.
    private var isQuiet = false

    private static let pingOfDrain = HTTP2PingData(withInteger: 0x7265_6769_7374_7279)

    init(_ channel: any Channel, _ configuration: ServerConfiguration) {
        self.channel = channel
        timeouts = configuration.timeouts
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(context.eventLoop) { self.deadlinePassed() }
        timer?.set(.now() + TimeAmount(timeouts.head))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    // MARK: What the task asks for

    /// The next stream; `nil` at the connection's end.
    func nextStream() async -> HTTP2StreamHandler? {
        if waiting.isEmpty, !isClosed {
            await withUnsafeContinuation { waiter = $0 }
        }
        return waiting.popFirst()
    }

    /// Takes note that a stream's task has ended, so that all of its answer is with the system, or that it ended before
    /// there was one.
    func streamEnded() {
        active -= 1
        guard active == 0, !isClosed else { return }
        if isQuiet {
            finish()
        } else {
            timer?.set(.now() + TimeAmount(isDraining ? timeouts.linger : timeouts.idle))
        }
    }

    /// Tells the client to begin no more streams, and ends the connection when those that it has begun are answered
    /// ([RFC 9113, 6.8](https://www.rfc-editor.org/rfc/rfc9113#section-6.8)).
    func beginDraining() {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        // The client may have begun some already, so which is the last is said when it has heard the first.
        write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
        write(.ping(Self.pingOfDrain, ack: false))
        context?.flush()
        if active == 0 { timer?.set(.now() + TimeAmount(timeouts.linger)) }
    }

    func close() { context?.close(promise: nil) }

    /// Ends the connection after the last answer. Only the sending side at first: what the client still sends, such as
    /// updates of windows, would make the system throw away what it has not taken yet.
    private func finish() {
        context?.close(mode: .output, promise: nil)
        timer?.set(.now() + TimeAmount(timeouts.linger))
    }

    // MARK: What arrives

    /// A stream has begun; it ends with ``streamEnded()``.
    func opened(_ id: HTTP2StreamID) {
        active += 1
        timer?.clear()
        last = max(last, id)
    }

    /// A stream's head has arrived, and a task is to take it.
    func queue(_ stream: HTTP2StreamHandler) {
        waiting.append(stream)
        waiter.take()?.resume()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .ping(Self.pingOfDrain, ack: true) = Self.unwrapInboundIn(data).payload, isDraining, !isQuiet else {
            return
        }
        isQuiet = true
        write(.goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context.flush()
        if active == 0 { finish() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that sends no more can't take more either: windows would not open again.
        if case .some(.inputClosed) = event as? ChannelEvent { close() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering: close()
        // Of one stream, which has been reset; when it is the connection's, the last frame has told that.
        case is any NIOHTTP2Error, is NIOHTTP2Errors.StreamError: break
        default: close()
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        context?.write(Self.wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: nil)
    }

    private func deadlinePassed() {
        guard active == 0 else { return }
        if isDraining {
            close()
        } else {
            beginDraining()
        }
    }

    private func ended() {
        guard !isClosed else { return }
        isClosed = true
        timer?.cancel()
        timer = nil
        waiter.take()?.resume()
    }
}
