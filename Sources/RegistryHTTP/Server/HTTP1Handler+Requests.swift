import NIOCore
import NIOHTTP1

/// What the task gets when it asks for the next request.
enum Incoming: Sendable {
    /// A head, still unchecked.
    case head(HTTPRequestHead)
    /// Something that is not a request; it is the last thing that the connection gives.
    case failure(ProtocolFailure)
    /// The client has closed, or has been idle for too long.
    case end
    /// Nothing has come for a moment.
    case pause
}

extension HTTP1Handler {
    // MARK: What the task asks for

    /// The next request. The content of the one before must be at its end.
    ///
    /// - Parameter pausing: whether to return with ``Incoming/pause`` when none begins for a moment.
    func nextRequest(pausing: Bool) async -> Incoming {
        await withUnsafeContinuation { continuation in
            waiter = .head(continuation)
            serveWaiter()
            guard case .head = waiter else { return }
            if isDraining && !hasPartialHead {
                waiter = .none
                continuation.resume(returning: .end)
                return
            }
            setHeadDeadline()
            if pausing { setPause() }
            readIfWanted()
        }
    }

    /// The next bytes of a request's content.
    ///
    /// - Parameter id: the request; a responder that keeps the body beyond its answer gets an error.
    func nextBody(of id: UInt64, _ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        guard id == requestID, case .none = waiter else {
            continuation.resume(throwing: RequestBodyError.disconnected)
            return
        }
        waiter = .body(continuation)
        serveWaiter()
        guard case .body = waiter else { return }
        if owesContinue {
            owesContinue = false
            sendContinue()
        }
        bodyWaitBegan = .now()
        setDeadline(bodyWaitBegan + times.body)
        readIfWanted()
    }

    /// Reads the rest of the content and throws it away, up to the configured bound.
    ///
    /// - Returns: whether its end was reached, so that the next request can be read.
    func discardBody() async -> Bool {
        await withUnsafeContinuation { continuation in
            discarded = 0
            waiter = .discarding(continuation)
            serveWaiter()
            guard case .discarding = waiter else { return }
            setDeadline(.now() + times.body)
            readIfWanted()
        }
    }

    /// Reads and throws away until the client closes, for as long as the configuration allows.
    func linger() async {
        guard !hasInputEnded, !isClosed else { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            isIgnoring = true
            events.removeAll()
            buffered = 0
            discarded = 0
            waiter = .lingering(continuation)
            setDeadline(.now() + times.linger)
            readIfWanted()
        }
    }

    /// Whether a head has begun to arrive.
    var hasPartialHead: Bool { headBegan != nil && wireBytesOfMessage > 0 }

    func endLingering() {
        if case .lingering(let continuation) = take() { continuation.resume() }
    }

    /// Ends the connection as soon as nothing is under way.
    func beginDraining() {
        isDraining = true
        if !hasPartialHead, case .head(let continuation) = waiter {
            waiter = .none
            continuation.resume(returning: .end)
        }
    }

    /// Makes a request current.
    func begin(_ head: RequestHead) -> UInt64 {
        requestID += 1
        bodyReceived = 0
        bodyWaited = .zero
        owesContinue = head.expectsContinue
        bodyState = .open
        if case .end = events.first {
            events.removeFirst()
            bodyState = .complete
        } else if head.length == 0 {
            // Its end is still on its way, and brings nothing.
            owesContinue = false
        }
        return requestID
    }

    /// Refuses the content to a responder that has answered but kept it.
    func endResponding() { requestID += 1 }

    // MARK: Serving

    /// Gives the waiting task what it waits for, if that has arrived.
    func serveWaiter() {
        switch waiter {
        case .none, .written, .lingering: break
        case .head(let continuation): serveHead(continuation)
        case .body(let continuation): serveBody(continuation)
        case .discarding(let continuation): serveDiscarding(continuation)
        }
    }

    /// Takes the waiter away.
    func take() -> Waiter {
        defer { waiter = .none }
        deadline = nil
        return waiter
    }

    private func serveHead(_ continuation: UnsafeContinuation<Incoming, Never>) {
        switch events.popFirst() {
        case .head(let head):
            _ = take()
            queuedHeads -= 1
            buffered -= Self.allowance
            continuation.resume(returning: .head(head))
        case .failure(let failure):
            _ = take()
            continuation.resume(returning: .failure(failure))
        case .body, .end:
            // The rest of a request that was answered is always disposed of before.
            assertionFailure("content without a head")
            serveHead(continuation)
        case nil:
            guard hasInputEnded else { return }
            _ = take()
            continuation.resume(returning: .end)
        }
    }

    private func serveBody(_ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        switch bodyState {
        case .complete:
            _ = take()
            continuation.resume(returning: nil)
            return
        case .failed(let error):
            _ = take()
            continuation.resume(throwing: error)
            return
        case .open: break
        }
        let isWaiting = deadline != nil
        switch nextBodyEvent() {
        case .bytes(let bytes):
            if isWaiting, isTooSlow() {
                failBody(.timedOut, continuation)
                return
            }
            _ = take()
            owesContinue = false
            continuation.resume(returning: bytes)
            readIfWanted()
        case .end:
            _ = take()
            continuation.resume(returning: nil)
        case .failed(let error): failBody(error, continuation)
        case .none: break
        }
    }

    private func serveDiscarding(_ continuation: UnsafeContinuation<Bool, Never>) {
        while true {
            guard bodyState == .open else {
                _ = take()
                continuation.resume(returning: bodyState == .complete)
                return
            }
            switch nextBodyEvent() {
            case .bytes(let bytes):
                discarded += bytes.readableBytes
                guard discarded <= configuration.limits.discardedBytes else {
                    _ = take()
                    continuation.resume(returning: false)
                    return
                }
            case .end: break
            case .failed(let error): bodyState = .failed(error)
            case .none: return
            }
        }
    }

    private enum BodyEvent {
        case bytes(ByteBuffer)
        case end
        case failed(RequestBodyError)
        case none
    }

    private func nextBodyEvent() -> BodyEvent {
        switch events.first {
        case .body(let bytes):
            events.removeFirst()
            buffered -= bytes.readableBytes + Self.allowance
            bodyReceived += Int64(bytes.readableBytes)
            return .bytes(bytes)
        case .end:
            events.removeFirst()
            bodyState = .complete
            return .end
        case .failure(let failure):
            return .failed(failure == .incomplete ? .disconnected : .malformed)
        case .head, nil:
            return hasInputEnded ? .failed(.disconnected) : .none
        }
    }

    /// Gives the content up, for the responder and for the answer.
    func failBody(_ error: RequestBodyError, _ continuation: UnsafeContinuation<ByteBuffer?, any Error>) {
        _ = take()
        bodyState = .failed(error)
        isIgnoring = true
        continuation.resume(throwing: error)
    }
}
