import NIOCore
import NIOHTTP1

extension HTTP1Handler {
    // MARK: What the task sends

    /// Writes bytes and sends them with whatever was written before.
    func send(_ bytes: ByteBuffer) {
        context?.writeAndFlush(Self.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }

    /// Writes bytes that are sent with the next ones.
    func write(_ bytes: ByteBuffer) {
        // Not by way of `IOData`: NIO finds out what it wraps, a buffer first.
        context?.write(NIOAny(bytes), promise: nil)
    }

    func sendContinue() {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 32)
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        send(buffer)
    }

    /// Waits until the channel takes more.
    ///
    /// - Returns: `false` when the connection is gone.
    func becomesWritable() async -> Bool {
        guard let context, !isClosed else { return false }
        guard !context.channel.isWritable else { return true }
        return await withUnsafeContinuation { continuation in
            pendingWrite = 0
            beginWriting(continuation)
            lastUntaken = untakenBytes()
        }
    }

    /// Sends something, and waits until the system has taken it and all that was written before.
    ///
    /// - Returns: `false` when the connection is gone.
    func sendThrough(_ data: IOData) async -> Bool {
        guard let context, !isClosed else { return false }
        return await withUnsafeContinuation { continuation in
            let promise = context.eventLoop.makePromise(of: Void.self)
            pendingWrite += 1
            let write = pendingWrite
            promise.futureResult.assumeIsolated().whenComplete { result in
                guard self.pendingWrite == write, case .written = self.waiter else { return }
                self.pendingWrite = 0
                if case .success = result { self.finishWriting(true) } else { self.finishWriting(false) }
            }
            beginWriting(continuation)
            context.writeAndFlush(Self.wrapOutboundOut(data), promise: promise)
            if case .written = waiter {
                lastUntaken = untakenBytes()
                wroteAtOnce = false
            } else {
                wroteAtOnce = true
            }
        }
    }

    private func beginWriting(_ continuation: UnsafeContinuation<Bool, Never>) {
        waiter = .written(continuation)
        lastUntaken = .max
        setDeadline(.now() + times.response)
    }

    func finishWriting(_ success: Bool) {
        if case .written(let continuation) = take() { continuation.resume(returning: success) }
    }

    /// Lets the event loop look at its other sockets. It runs what is ready to run before that, and a client that
    /// takes an answer as fast as it is sent would otherwise keep the loop to itself.
    func letOthersRun() async {
        guard let loop = context?.eventLoop else { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            _ = loop.scheduleTask(in: .microseconds(5)) { continuation.resume() }
        }
    }

    // MARK: Closing

    /// Closes the sending side, after everything was sent.
    func closeOutput() {
        context?.close(mode: .output, promise: nil)
    }

    func close() {
        context?.close(promise: nil)
    }
}
