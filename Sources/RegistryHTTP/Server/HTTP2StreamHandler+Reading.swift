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

    /// Reads the rest of the content and throws it away, up to the configured bound.
    ///
    /// - Returns: whether its end was reached.
    func discardBody() async -> Bool {
        await withUnsafeContinuation { continuation in
            discarded = 0
            waiter = .discarding(continuation)
            serveWaiter()
            guard case .discarding = waiter else { return }
            timer?.set(.now() + TimeAmount(configuration.timeouts.body))
            context?.read()
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
        if hasInputEnded { bodyState = .complete }
        guard bodyState == .open, !isClosed, discarded <= configuration.limits.discardedBytes else {
            _ = take()
            continuation.resume(returning: bodyState == .complete)
            return
        }
        // Not from within what gives this: it would call itself for as long as there is more.
        if case .discarding = waiter, let context {
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
