import NIOCore
import NIOHTTP1

/// An accepted connection on its way to its task.
struct AcceptedConnection: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<HTTP1Handler>
}

/// The channel of a connection that speaks plain HTTP/1: socket → meter → decoder → handler ⇄ task.
///
/// TLS goes in front of the meter; HTTP/2 has a channel of its own, chosen by ALPN.
enum HTTP1Channel {
    static func initialize(
        _ channel: any Channel,
        configuration: ServerConfiguration
    ) -> EventLoopFuture<AcceptedConnection> {
        channel.eventLoop.makeCompletedFuture {
            let handler = HTTP1Handler(configuration: configuration)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = configuration.limits.headBytes
            limits.maxHeaderListSize = configuration.limits.headBytes
            limits.maxHeaderFieldCount = configuration.limits.headerFields
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(WireMeter(handler))
            try pipeline.addHandler(ByteToMessageHandler(decoder))
            try pipeline.addHandler(handler)
            return AcceptedConnection(
                channel: channel,
                handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
            )
        }
    }
}

/// Tells the handler how much arrived before the decoder made something of it: the decoder says nothing about an
/// incomplete head or about a chunk's extensions, which may be endless.
private final class WireMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let handler: HTTP1Handler

    init(_ handler: HTTP1Handler) { self.handler = handler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        handler.didReceive(bytes: Self.unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }
}
