import NIOCore
import NIOHTTP1

/// The channel of a connection that speaks HTTP/1: socket (→ TLS) → meter → decoder → handler ⇄ task.
enum HTTP1Channel {
    /// Adds the handlers; it is called on the channel's event loop.
    static func configure(_ channel: any Channel, _ configuration: ServerConfiguration) throws -> HTTP1Handler {
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
        return handler
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
