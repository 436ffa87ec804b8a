import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Takes a socket off BBR, where that is the system's default, to Reno, which every Linux lets everybody use.
///
/// BBR sends by a timer, on loopback too. For what is pushed that was a tenth of a push of 256 MiB, of the processors that the
/// server needs, and says nothing of it.
private func leaveBBR(_ socket: NIOBSDSocket.Handle) {
    #if os(Linux)
    var name = [UInt8](repeating: 0, count: 16)
    var length = socklen_t(name.count)
    guard getsockopt(socket, CInt(IPPROTO_TCP), TCP_CONGESTION, &name, &length) == 0, name.starts(with: "bbr".utf8)
    else {
        return
    }
    let reno = Array("reno".utf8)
    _ = setsockopt(socket, CInt(IPPROTO_TCP), TCP_CONGESTION, reno, socklen_t(reno.count))
    #endif
}

/// Opens connections to the server under load.
struct Connector: Sendable {
    private let port: Int
    private let transport: Transport
    private let tls: NIOSSLContext?

    init(_ plan: Plan) throws {
        port = plan.port
        transport = plan.transport
        guard transport.tls else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        // The servers show a certificate that was made for this run, and none is reached but on the loopback interface.
        configuration.certificateVerification = .none
        configuration.applicationProtocols = transport.http2 ? ["h2"] : ["http/1.1"]
        configuration.minimumTLSVersion = .tlsv13
        tls = try NIOSSLContext(configuration: configuration)
    }

    /// Opens a connection on the loop, which is the driver's; the driver is told when it is open, or that it isn't.
    func connect(_ driver: LoopDriver, _ number: Int, on loop: any EventLoop) {
        let bound = NIOLoopBound(driver, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .recvAllocator,
                // On a plain connection large content is mostly taken without a copy.
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 2048,
                    initial: 4096,
                    maximum: transport.tls || transport.http2 ? 524_288 : 65_536
                )
            )
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, bound.value, number)
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .whenFailure { bound.value.failedToConnect($0) }
    }

    private func prepare(_ channel: any Channel, _ driver: LoopDriver, _ number: Int) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self, leaveBBR)
        let handler = try tls.map { try NIOSSLClientHandler(context: $0, serverHostname: nil) }
        guard transport.http2 else {
            let lane = HTTP1Lane(driver: driver, number: number, waitsForTLS: transport.tls)
            if transport.countsRecords { try pipeline.addHandler(TLSRecordCounter(lane: lane)) }
            if let handler { try pipeline.addHandler(handler) }
            return try pipeline.addHandler(lane)
        }
        if let handler { try pipeline.addHandler(handler) }
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .initialWindowSize, value: 4 << 20),
            HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20), HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 4 << 20
        let multiplexer = try pipeline.configureHTTP2Pipeline(
            mode: .client,
            connectionConfiguration: connection,
            streamConfiguration: stream
        ) { $0.eventLoop.makeSucceededVoidFuture() }
        let lane = HTTP2Lane(
            driver: driver,
            number: number,
            channel: channel,
            multiplexer: multiplexer,
            tls: transport.tls
        )
        try pipeline.addHandler(HTTP2OpenHandler(lane: lane, driver: driver, number: number))
    }
}
