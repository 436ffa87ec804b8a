import NIOCore
import NIOSSL
import NIOTLS
import RegistryHTTP

/// Stands behind the TLS handler: it tells what the handshake agreed on, and afterwards keeps from the HTTP handlers
/// what concerns TLS alone.
final class HandshakeWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tls: NIOSSLServerHandler
    private let namesClient: Bool
    private let promise: EventLoopPromise<SecuredConnection>
    private var isDone = false

    /// - Parameter namesClient: whether a client's certificate is known to be signed by a configured authority once
    ///   the handshake is done.
    init(_ tls: NIOSSLServerHandler, namesClient: Bool, promise: EventLoopPromise<SecuredConnection>) {
        self.tls = tls
        self.namesClient = namesClient
        self.promise = promise
    }

    var result: EventLoopFuture<SecuredConnection> { promise.futureResult }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { fail(ChannelError.eof) }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        // The first; the TLS handler asks for those that follow.
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent, !isDone {
            isDone = true
            let name = namesClient ? tls.peerCertificate.flatMap(commonName(of:)) : nil
            promise.succeed(SecuredConnection(applicationProtocol: negotiated, certificateName: name))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isDone else {
            fail(error)
            return
        }
        switch error {
        // Many clients close without a word. What they sent has a length, so nothing can be cut off unseen.
        case NIOSSLError.uncleanShutdown: break
        case is NIOSSLCloseTimedOutError: break
        default: context.fireErrorCaught(error)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.close(mode: mode, promise: promise)
        // The client's word of the end must be read, or the connection stays until the time for it is over.
        if case .all = mode { context.read() }
    }

    private func fail(_ error: any Error) {
        guard !isDone else { return }
        isDone = true
        promise.fail(error)
    }
}
