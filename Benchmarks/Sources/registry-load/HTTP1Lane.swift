import NIOCore
import NIOTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A connection, or what stands for one, on which one request runs at a time.
protocol Lane: AnyObject {
    /// Sends a request; its end is told to the driver.
    func send(_ request: LoadRequest)
    /// Ends the connection.
    func close()
}

/// An HTTP/1.1 connection.
final class HTTP1Lane: ChannelInboundHandler, Lane {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How much content must be left to be taken without a copy.
    private static let worthDiscarding = 64 * 1024

    private let driver: LoopDriver
    private let number: Int
    private let waitsForTLS: Bool
    /// Whether what it was for has been had, so that how it ends says nothing.
    private var isDone = false
    private var context: ChannelHandlerContext?
    private var reader = ResponseReader()
    private var request: LoadRequest?
    private var written = 0

    init(driver: LoopDriver, number: Int, waitsForTLS: Bool) {
        self.driver = driver
        self.number = number
        self.waitsForTLS = waitsForTLS
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        if !waitsForTLS { driver.opened(self, number) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if waitsForTLS, case .some(TLSUserEvent.handshakeCompleted) = event as? TLSUserEvent {
            driver.opened(self, number)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func send(_ request: LoadRequest) {
        guard let context else { return driver.failed(number, LoadError("no connection"), lost: self) }
        self.request = request
        written = 0
        reader.expect(head: request.method == "HEAD")
        context.write(wrapOutboundOut(request.head), promise: nil)
        if request.body.length > 0 {
            writeBody(context)
        } else {
            context.flush()
        }
    }

    /// Writes as much as the socket takes; the rest when it takes more.
    private func writeBody(_ context: ChannelHandlerContext) {
        guard let body = request?.body else { return }
        while written < body.length, context.channel.isWritable || written == 0 {
            let piece = body.bytes(at: written, limit: 256 * 1024)
            written += piece.readableBytes
            driver.recorder.sent(piece.readableBytes)
            context.write(wrapOutboundOut(piece), promise: nil)
        }
        // Once for all of it: what is small goes with the head, in one system call.
        context.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let request, written > 0, written < request.body.length { writeBody(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(LoadError) {
            let (content, answer) = try reader.read(unwrapInboundIn(data))
            driver.recorder.received(content)
            if let answer { try finish(answer) } else { try discard(context) }
        } catch {
            fail(error)
        }
    }

    /// Takes what has come of a large content off the socket without a copy: that was half of what a pull took here.
    private func discard(_ context: ChannelHandlerContext) throws(LoadError) {
        #if os(Linux)
        guard !waitsForTLS, let left = contentLeft, left >= Self.worthDiscarding else { return }
        let socket = context.pipeline.syncOperations
        let count = try? socket.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            recv($0, nil, left, CInt(MSG_TRUNC | MSG_DONTWAIT))
        }
        guard let count, count > 0 else { return }
        driver.recorder.received(count)
        if let answer = try reader.skip(count) { try finish(answer) }
        #endif
    }

    /// How much of an answer's content is still to come; `nil` before its head.
    var contentLeft: Int? { reader.contentLeft }

    /// Takes content that was counted and not decrypted. The connection ends with it.
    func counted(_ count: Int) throws(LoadError) {
        driver.recorder.received(count)
        guard var answer = try reader.skip(count) else { return }
        answer.closes = true
        isDone = true
        try finish(answer)
    }

    private func finish(_ answer: Answer) throws(LoadError) {
        guard let request else { throw LoadError("an answer without a request") }
        guard written == request.body.length else { throw LoadError("answered \(answer.status) before the content") }
        try request.expectation.check(answer, isHead: request.method == "HEAD")
        self.request = nil
        if answer.closes { close() }
        driver.answered(number, answer, lost: answer.closes ? self : nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if request != nil, let answer = reader.end() {
            do throws(LoadError) { try finish(answer) } catch { fail(error) }
        } else if request != nil {
            fail(LoadError("connection closed"))
        }
        driver.closed(self, number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(LoadError("\(error)"))
    }

    func fail(_ error: LoadError) {
        if isDone { return }
        let failing = request != nil
        request = nil
        close()
        if failing { driver.failed(number, error, lost: self) } else { driver.recorder.failed(error) }
    }

    func close() {
        context?.close(promise: nil)
        context = nil
    }
}
