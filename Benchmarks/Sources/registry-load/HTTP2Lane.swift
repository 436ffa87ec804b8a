import NIOCore
import NIOHTTP1
import NIOHTTP2

/// An HTTP/2 connection, with one stream at a time.
final class HTTP2Lane: Lane {
    fileprivate let driver: LoopDriver
    fileprivate let number: Int
    private let channel: any Channel
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let scheme: HTTP2FramePayloadToHTTP1ClientCodec.HTTPProtocol

    init(
        driver: LoopDriver,
        number: Int,
        channel: any Channel,
        multiplexer: NIOHTTP2Handler.StreamMultiplexer,
        tls: Bool
    ) {
        self.driver = driver
        self.number = number
        self.channel = channel
        self.multiplexer = multiplexer
        scheme = tls ? .https : .http
    }

    func send(_ request: LoadRequest) {
        let bound = NIOLoopBound((self, request), eventLoop: channel.eventLoop)
        let scheme = scheme
        multiplexer.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                let (lane, request) = bound.value
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: scheme))
                try pipeline.addHandler(HTTP2StreamHandler(lane: lane, request: request))
            }
        }
        .whenFailure { error in
            let (lane, _) = bound.value
            lane.driver.failed(lane.number, LoadError("\(error)"), lost: nil)
        }
    }

    func close() {
        channel.close(promise: nil)
    }
}

/// A request on its stream.
private final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let lane: HTTP2Lane
    private let request: LoadRequest
    private var answer = Answer()
    private var written = 0
    private var ended = false
    private var finished = false

    init(lane: HTTP2Lane, request: LoadRequest) {
        self.lane = lane
        self.request = request
    }

    func channelActive(context: ChannelHandlerContext) {
        var fields = HTTPHeaders([("Host", "127.0.0.1")])
        for (name, value) in request.fields { fields.add(name: name, value: value) }
        if request.body.length > 0 { fields.add(name: "Content-Length", value: "\(request.body.length)") }
        let head = HTTPRequestHead(
            version: .http2,
            method: HTTPMethod(rawValue: request.method),
            uri: request.target,
            headers: fields
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        writeBody(context)
    }

    private func writeBody(_ context: ChannelHandlerContext) {
        while written < request.body.length, context.channel.isWritable {
            let piece = request.body.bytes(at: written, limit: 64 * 1024)
            written += piece.readableBytes
            lane.driver.recorder.sent(piece.readableBytes)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
        }
        if written == request.body.length, !ended {
            ended = true
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !ended { writeBody(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer.status = Int(head.status.code)
            answer.declaredLength = head.headers.first(name: "content-length").flatMap { Int($0) }
            answer.location = head.headers.first(name: "location")
        case .body(let bytes):
            answer.receivedLength += bytes.readableBytes
            lane.driver.recorder.received(bytes.readableBytes)
        case .end:
            finish()
        }
    }

    private func finish() {
        guard !finished else { return }
        finished = true
        do throws(LoadError) {
            guard ended else { throw LoadError("answered \(answer.status) before the content") }
            try request.expectation.check(answer, isHead: request.method == "HEAD")
            lane.driver.answered(lane.number, answer, lost: nil)
        } catch {
            lane.driver.failed(lane.number, error, lost: nil)
        }
    }

    private func fail(_ error: LoadError) {
        guard !finished else { return }
        finished = true
        lane.driver.failed(lane.number, error, lost: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(LoadError("stream closed"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(LoadError("\(error)"))
        context.close(promise: nil)
    }
}

/// Tells the driver when an HTTP/2 connection has the server's settings, and when it ends.
final class HTTP2OpenHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let lane: HTTP2Lane
    private let driver: LoopDriver
    private let number: Int
    private var opened = false

    init(lane: HTTP2Lane, driver: LoopDriver, number: Int) {
        self.lane = lane
        self.driver = driver
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !opened, case .settings = unwrapInboundIn(data).payload else { return }
        opened = true
        driver.opened(lane, number)
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.closed(lane, number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        driver.recorder.failed(LoadError("\(error)"))
        context.close(promise: nil)
    }
}
