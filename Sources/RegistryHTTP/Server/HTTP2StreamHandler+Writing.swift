import NIOCore
import NIOHPACK
import NIOHTTP2

extension HTTP2StreamHandler {
    /// How many bytes of an answer wait for the client, on top of those that the system holds.
    static var bufferedBytes: Int { 256 * 1024 }

    /// How many bytes are written at once. A client that takes less within the time for it is thought to take nothing.
    private static var sliceBytes: Int { 16 * 1024 }

    /// Writes the answer's head.
    func send(_ headers: HPACKHeaders, isLast: Bool) {
        write(.headers(.init(headers: headers, endStream: isLast)))
        if isLast { context?.flush() }
    }

    /// Writes content as the client takes it.
    ///
    /// - Parameter isLast: whether it is the answer's end.
    /// - Returns: `false` when the stream is gone.
    func send(_ bytes: ByteBuffer, isLast: Bool) async -> Bool {
        var rest = bytes
        repeat {
            guard await becomesWritable(), let context else { return false }
            repeat {
                let slice = rest.readSlice(length: min(rest.readableBytes, Self.sliceBytes)) ?? ByteBuffer()
                let isEnd = isLast && rest.readableBytes == 0
                write(.data(.init(data: .byteBuffer(slice), endStream: isEnd)))
            } while rest.readableBytes > 0 && context.channel.isWritable
            context.flush()
        } while rest.readableBytes > 0
        return !hasWriteFailed
    }

    func sendContinue() {
        write(.headers(.init(headers: [":status": "100"], endStream: false)))
        context?.flush()
    }

    /// Waits until the channel takes more.
    ///
    /// - Returns: `false` when the stream is gone.
    func becomesWritable() async -> Bool {
        guard let context, !isClosed else { return false }
        guard !context.channel.isWritable else { return true }
        return await withUnsafeContinuation { continuation in
            waiter = .writable(continuation)
            waitForClient()
        }
    }

    /// Waits until the system has taken all that was written.
    ///
    /// - Returns: `false` when it won't.
    func becomesWritten() async -> Bool {
        guard writesDone < writesBegun else { return !hasWriteFailed }
        return await withUnsafeContinuation { continuation in
            waiter = .written(continuation)
            waitForClient()
        }
    }

    /// Ends the stream before its end.
    ///
    /// - Parameter code: why; `noError` after a whole answer, when the rest of the request is of no interest.
    func reset(_ code: HTTP2ErrorCode) {
        guard let context, !isClosed else { return }
        context.writeAndFlush(Self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    /// Lets the event loop look at its other sockets.
    func letOthersRun() async {
        guard let loop = context?.eventLoop else { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            _ = loop.scheduleTask(in: .microseconds(20)) { continuation.resume() }
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        guard let context, !isClosed else {
            hasWriteFailed = true
            return
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        writesBegun += 1
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.writesDone += 1
            if case .failure = result { self.hasWriteFailed = true }
            guard case .written(let continuation) = self.waiter, self.writesDone == self.writesBegun else { return }
            _ = self.take()
            continuation.resume(returning: !self.hasWriteFailed)
        }
        context.write(Self.wrapOutboundOut(payload), promise: promise)
    }

    private func waitForClient() {
        writesSeen = writesDone
        timer?.set(.now() + TimeAmount(configuration.timeouts.response))
    }

    /// Ends the stream when the client has taken nothing since the last look.
    func checkStall() {
        if writesDone > writesSeen {
            waitForClient()
        } else if isClosed {
            // The rest of the answer is with the connection, which is stuck.
            connection.close()
        } else {
            hasWriteFailed = true
            reset(.cancel)
        }
    }
}
