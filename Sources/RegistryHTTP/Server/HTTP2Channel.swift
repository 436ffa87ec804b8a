import NIOCore
import NIOHTTP2

/// The channel of a connection that speaks HTTP/2: socket (→ TLS) → frames → handler ⇄ task, and beside it a channel
/// for each stream: frames → handler ⇄ task.
enum HTTP2Channel {
    /// Adds the handlers; it is called on the channel's event loop.
    static func configure(_ channel: any Channel, _ configuration: ServerConfiguration) throws -> HTTP2Handler {
        let handler = HTTP2Handler(channel, configuration)
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        // What it returns would give the streams; the handler below does, without another queue.
        _ = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
            mode: .server,
            streamDelegate: nil,
            frameDelegate: FailureWatch(handler: bound),
            configuration: http2(configuration)
        ) { stream -> EventLoopFuture<Void> in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                try stream.pipeline.syncOperations.addHandler(HTTP2StreamHandler(bound.value, configuration))
            }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        // What holds a client back is the flow control of each stream: updates of windows must always get in.
        try channel.syncOptions?.setOption(.autoRead, value: true)
        return handler
    }

    /// The limits. Those that are not named here are the library's: 200 resets, 200 erroneous streams and 200 pings or
    /// settings within 30 seconds, 5 continuations of a head, 10000 frames of control that wait to be sent.
    private static func http2(_ configuration: ServerConfiguration) -> NIOHTTP2Handler.Configuration {
        var http2 = NIOHTTP2Handler.Configuration()
        let limits = configuration.limits
        http2.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: limits.streamWindowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: min(max(limits.streamWindowBytes / 4, 16_384), 16_777_215)),
        ]
        http2.stream.targetWindowSize = limits.streamWindowBytes
        // The connection's window is opened again as bytes arrive, so it holds no stream back for another's sake.
        http2.connection.targetWindowSize = max(4 * limits.streamWindowBytes, 1024 * 1024)
        http2.stream.outboundBufferSizeHighWatermark = HTTP2StreamHandler.bufferedBytes
        http2.stream.outboundBufferSizeLowWatermark = HTTP2StreamHandler.bufferedBytes / 4
        return http2
    }
}

/// Ends the connection after the protocol's handler has found that it can't go on. That handler says so to the client
/// and leaves the connection open.
private struct FailureWatch: NIOHTTP2FrameDelegate {
    let handler: NIOLoopBound<HTTP2Handler>

    func wroteFrame(_ frame: HTTP2Frame) {
        guard case .goAway(_, let code, _) = frame.payload, code != .noError else { return }
        // In the next turn, so that the frame is on its way.
        handler.eventLoop.execute { handler.value.close() }
    }
}
