import NIOCore

/// Looks at the first bytes of a connection without TLS for the words by which a client that knows that it may starts
/// HTTP/2 ([RFC 9113, 3.3](https://www.rfc-editor.org/rfc/rfc9113#section-3.3)); then it passes everything on and is
/// gone.
final class PrefaceDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private var received = ByteBuffer()
    private var isDecided = false
    private let decide: (_ isHTTP2: Bool) -> Void

    /// - Parameter decide: adds the handlers that go on; called once.
    init(_ decide: @escaping (_ isHTTP2: Bool) -> Void) { self.decide = decide }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { context.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDecided else {
            context.fireChannelRead(data)
            return
        }
        var bytes = Self.unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        let start = received.readableBytesView.prefix(Self.preface.count)
        guard Self.preface.starts(with: start) else { return finish(context, isHTTP2: false) }
        if start.count == Self.preface.count { finish(context, isHTTP2: true) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if !isDecided { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // What little there is, is answered as HTTP/1 does.
        if case .some(.inputClosed) = event as? ChannelEvent, !isDecided { finish(context, isHTTP2: false) }
        context.fireUserInboundEventTriggered(event)
    }

    private func finish(_ context: ChannelHandlerContext, isHTTP2: Bool) {
        isDecided = true
        decide(isHTTP2)
        if received.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(received)) }
        received.clear()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
