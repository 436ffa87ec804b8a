import NIOCore
import NIOHPACK
import NIOHTTP2

extension HTTP2StreamHandler {
    /// Makes the request current.
    func begin(_ head: HTTP2RequestHead) {
        owesContinue = head.expectsContinue
        if hasInputEnded, pieces.isEmpty {
            bodyState = .complete
            owesContinue = false
        }
    }

    /// The next bytes of the request's content. A responder that keeps the body beyond its answer gets an error.
    func nextBody(_ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        guard isAnswering, case .none = waiter else {
            continuation.resume(throwing: RequestBodyError.disconnected)
            return
        }
        waiter = .body(continuation)
        isWaitingForBody = false
        serveWaiter()
        guard case .body = waiter else { return }
        if owesContinue {
            owesContinue = false
            sendContinue()
        }
        isWaitingForBody = true
        bodyWaitBegan = .now()
        timer?.set(bodyWaitBegan + TimeAmount(configuration.timeouts.body))
        context?.read()
    }

    /// Reads the rest of the content and throws it away. Beyond the configured bound it reads no more, so that the
    /// client, whose window stays shut, looks at its answer; it has the time of ``ServerConfiguration/Timeouts/linger``
    /// to end the stream.
    ///
    /// - Returns: whether the client has ended the stream.
    func discardBody() async -> Bool {
        guard !hasInputEnded, !isClosed else { return true }
        return await withUnsafeContinuation { continuation in
            discarded = 0
            waiter = .discarding(continuation)
            timer?.set(.now() + TimeAmount(configuration.timeouts.linger))
            serveWaiter()
        }
    }

    /// Gives the waiting task what it waits for, if that has arrived.
    func serveWaiter() {
        switch waiter {
        case .none, .writable, .written: break
        case .body(let continuation): serveBody(continuation)
        case .discarding(let continuation): serveDiscarding(continuation)
        }
    }

    private func serveBody(_ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        if case .failed(let error) = bodyState {
            _ = take()
            continuation.resume(throwing: error)
            return
        }
        if let piece = nextPiece() {
            if isWaitingForBody, isTooSlow() {
                failBody(.timedOut, continuation)
                return
            }
            _ = take()
            owesContinue = false
            continuation.resume(returning: piece)
        } else if hasInputEnded {
            _ = take()
            bodyState = .complete
            continuation.resume(returning: nil)
        }
    }

    private func serveDiscarding(_ continuation: UnsafeContinuation<Bool, Never>) {
        while let piece = nextPiece() { discarded += piece.readableBytes }
        guard !hasInputEnded, !isClosed else {
            _ = take()
            continuation.resume(returning: true)
            return
        }
        // Not from within what gives this: it would call itself for as long as there is more.
        if discarded <= configuration.limits.discardedBytes, let context {
            context.eventLoop.assumeIsolated().execute { self.context?.read() }
        }
    }

    private func nextPiece() -> ByteBuffer? {
        guard let piece = pieces.popFirst() else { return nil }
        buffered -= piece.readableBytes
        bodyReceived += Int64(piece.readableBytes)
        return piece
    }

    /// Whether the content has come too slowly. Only the time counts that the server has waited for it.
    private func isTooSlow() -> Bool {
        bodyWaited = bodyWaited + (NIODeadline.now() - bodyWaitBegan)
        guard bodyWaited > TimeAmount(configuration.timeouts.body) else { return false }
        let expected = Double(configuration.timeouts.minimumBodyRate) * Double(bodyWaited.nanoseconds) / 1e9
        return Double(bodyReceived) < expected
    }

    private func failBody(_ error: RequestBodyError, _ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        _ = take()
        bodyState = .failed(error)
        continuation.resume(throwing: error)
    }

    func deadlinePassed() {
        switch waiter {
        case .none: break
        case .body(let continuation): failBody(.timedOut, continuation)
        case .discarding(let continuation):
            _ = take()
            continuation.resume(returning: false)
        case .writable, .written: checkStall()
        }
    }
}
