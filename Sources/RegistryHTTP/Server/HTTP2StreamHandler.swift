import NIOCore
import NIOHPACK
import NIOHTTP2

/// The end of a stream's channel: it keeps what arrived until the stream's task takes it, writes what the task answers,
/// and ends what takes too long. It lives on the channel's event loop, as does the task.
///
/// Content is asked for when the task wants some and there is none, and only what was asked for opens the stream's
/// window again: a client sends no faster than a responder takes.
final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What the task waits for. Whoever resumes a continuation takes it away first, on the one thread that sees it.
    enum Waiter {
        case none
        case body(UnsafeContinuation<ByteBuffer?, any Error>)
        /// The client to end the stream.
        case discarding(UnsafeContinuation<Bool, Never>)
        /// The channel to be writable.
        case writable(UnsafeContinuation<Bool, Never>)
        /// All that was written to be with the system.
        case written(UnsafeContinuation<Bool, Never>)
    }

    /// Where the content stands.
    enum BodyState: Equatable {
        case open
        case complete
        case failed(RequestBodyError)
    }

    let connection: HTTP2Handler
    let configuration: ServerConfiguration
    var context: ChannelHandlerContext?
    var timer: DeadlineTimer?

    // What arrives.
    private(set) var head = HPACKHeaders()
    private var hasHead = false
    private var isOpened = false
    /// Whether the head is all there is.
    private(set) var isHeadOnly = false
    var pieces = CircularBuffer<ByteBuffer>(initialCapacity: 4)
    var buffered = 0
    var hasInputEnded = false
    var isClosed = false

    // The request.
    var waiter = Waiter.none
    var bodyState = BodyState.open
    /// Whether the responder may read the content.
    var isAnswering = false
    var owesContinue = false
    var bodyReceived: Int64 = 0
    var bodyWaited: TimeAmount = .zero
    var bodyWaitBegan: NIODeadline = .uptimeNanoseconds(0)
    var isWaitingForBody = false
    var discarded = 0
    /// The stream's task, while it has the request answered.
    private var task: UnsafeCurrentTask?

    // The answer.
    var writesBegun = 0
    var writesDone = 0
    var writesSeen = 0
    var hasWriteFailed = false

    init(_ connection: HTTP2Handler, _ configuration: ServerConfiguration) {
        self.connection = connection
        self.configuration = configuration
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(context.eventLoop) { self.deadlinePassed() }
        if let id = try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID) {
            isOpened = true
            connection.opened(id)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    /// Runs what answers the request, so that it is cancelled when the client resets the stream.
    func answering<Result>(_ body: () async -> Result) async -> Result {
        // The reference is kept beyond the call, and holds: the task that it names sets it and clears it, and runs in
        // between. Only `cancel()` is called, on the one thread of both. A child task for it would cost each request.
        withUnsafeCurrentTask { task = $0 }
        isAnswering = true
        defer {
            task = nil
            isAnswering = false
        }
        if isClosed { task?.cancel() }
        return await body()
    }

    /// Ends what goes on beside the channel; the stream's task is done.
    func finish() {
        timer?.cancel()
        pieces.removeAll()
        buffered = 0
    }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .headers(let content):
            if content.endStream { hasInputEnded = true }
            if hasHead {
                // A trailer, which nothing of the API has a use for.
                serveWaiter()
            } else {
                hasHead = true
                head = content.headers
                isHeadOnly = content.endStream
                connection.queue(self)
            }
        case .data(let content):
            if content.endStream { hasInputEnded = true }
            if case .byteBuffer(let bytes) = content.data, bytes.readableBytes > 0, !isClosed {
                buffered += bytes.readableBytes
                pieces.append(bytes)
            }
            serveWaiter()
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        configuration.onBuffered?(buffered)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, case .writable(let continuation) = waiter {
            _ = take()
            continuation.resume(returning: true)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The stream was reset, by the client or for its sake; that it ends is told next.
    }

    /// Takes the waiter away.
    func take() -> Waiter {
        defer { waiter = .none }
        timer?.clear()
        return waiter
    }

    /// The stream is gone.
    private func ended() {
        guard !isClosed else { return }
        isClosed = true
        if isOpened, !hasHead {
            // No task will do it.
            connection.streamEnded()
            timer?.cancel()
        }
        if bodyState == .open, !hasInputEnded { bodyState = .failed(.disconnected) }
        switch waiter {
        case .none: break
        // What was written is on its way even so, and its promise tells how it ends.
        case .written: return
        case .body(let continuation):
            _ = take()
            if bodyState == .open { bodyState = .failed(.disconnected) }
            continuation.resume(throwing: RequestBodyError.disconnected)
        case .discarding(let continuation), .writable(let continuation):
            _ = take()
            continuation.resume(returning: false)
        }
        timer?.clear()
        task?.cancel()
    }
}
