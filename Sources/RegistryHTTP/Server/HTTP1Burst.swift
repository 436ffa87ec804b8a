import HTTPTypes
import NIOCore
import NIOHTTP1
import RegistryCore

/// Requests that follow one another closely on a connection, and their answers.
struct HTTP1Burst {
    let connection: HTTP1Connection
    let handler: HTTP1Handler
    let flushes: PendingFlushes
    private let reports: ExchangeReports?

    /// To be made on the connection's event loop.
    init(_ connection: HTTP1Connection) {
        self.connection = connection
        handler = connection.loop.value
        flushes = connection.flushes.value
        reports = connection.reports?.value
    }

    /// Answers a request and those after it, until none comes for a moment.
    func answer(_ first: Incoming) async -> HTTP1Connection.Continuation {
        var incoming = first
        var continuation = HTTP1Connection.Continuation.next
        var served = 0
        var fields = LastFields()
        while true {
            switch incoming {
            case .pause: return continuation
            case .end: return .close
            case .failure(let failure): continuation = await refuse(failure, request: nil)
            case .head(let head): continuation = await serve(head, after: &fields)
            }
            guard continuation == .next else { return continuation }
            // Requests that wait already are answered without a pause, so a client that sends thousands at once would
            // keep the event loop to itself.
            served += 1
            if served.isMultiple(of: 64), !handler.events.isEmpty { await handler.letOthersRun() }
            incoming = await handler.nextRequest(pausing: true)
        }
    }

    private func serve(
        _ head: HTTPRequestHead,
        after fields: inout LastFields
    ) async -> HTTP1Connection.Continuation {
        do throws(ProtocolFailure) {
            let head = try RequestHead(
                checking: head,
                limits: connection.configuration.limits,
                isSecure: connection.peer.isSecure,
                after: &fields
            )
            return await answer(head)
        } catch {
            return await refuse(error, request: nil)
        }
    }

    /// Has a request answered.
    private func answer(_ head: RequestHead) async -> HTTP1Connection.Continuation {
        let began = reports == nil ? nil : NIODeadline.now()
        reports?.begin(head.request, from: connection.peer)
        let id = handler.begin(head)
        let body = head.length == 0 ? .empty : requestBody(id, length: head.length)
        let response = await connection.responder.respond(to: head.request, body: body, from: connection.peer)
        handler.endResponding()
        if case .failed(let error) = handler.bodyState {
            return await fail(error, head, began, response.notes)
        }
        let continuation = continuation(after: head)
        // Handed on, since a copy takes 20 reference counts.
        var answer = Answer(response: consume response, isHead: head.request.method == .head)
        answer.connection = continuation != .next ? .close : head.isLegacy ? .keepAlive : .none
        let isComplete = await send(&answer, isLast: continuation != .next)
        report(head.request, consume answer, began, isComplete, isLegacy: head.isLegacy)
        guard isComplete else { return .close }
        guard continuation == .next, handler.bodyState == .open else { return continuation }
        return await handler.discardBody() ? .next : .linger
    }

    /// Whether the connection can go on: the rest of the content decides where the next request begins.
    private func continuation(after head: RequestHead) -> HTTP1Connection.Continuation {
        if handler.bodyState == .open {
            // The client may send its content or, having its answer, something else: nobody could tell.
            if handler.owesContinue { return .linger }
            if let length = head.length, length - handler.bodyReceived > connection.configuration.limits.discardedBytes
            {
                return .linger
            }
        }
        if head.isPersistent && !connection.connections.isDraining && !handler.isClosed { return .next }
        return handler.bodyState == .open || !handler.events.isEmpty ? .linger : .close
    }

    /// Answers a request whose content broke off; what the responder made of it does not matter.
    private func fail(
        _ error: RequestBodyError,
        _ head: RequestHead,
        _ began: NIODeadline?,
        _ notes: ResponseNotes
    ) async -> HTTP1Connection.Continuation {
        let failure: ProtocolFailure =
            switch error {
            case .timedOut: .timedOut
            case .malformed: .malformed("the request's content is malformed")
            case .disconnected: .incomplete
            }
        return await refuse(failure, request: head.request, began: began, notes: notes)
    }

    /// Answers something that is not a request.
    private func refuse(
        _ failure: ProtocolFailure,
        request: HTTPRequest?,
        began: NIODeadline? = nil,
        notes: ResponseNotes = ResponseNotes()
    ) async -> HTTP1Connection.Continuation {
        handler.isIgnoring = true
        var answer = Answer(response: failure.response, isHead: request?.method == .head)
        answer.response.notes = notes
        answer.connection = .close
        let isComplete = await send(&answer, isLast: true)
        report(request, answer, began, isComplete)
        return isComplete ? .linger : .close
    }

    private func report(
        _ request: HTTPRequest?,
        _ answer: consuming Answer,
        _ began: NIODeadline?,
        _ isComplete: Bool,
        isLegacy: Bool = false
    ) {
        reports?.add(
            Exchange(
                request,
                answer,
                from: connection.peer,
                by: isLegacy ? .http10 : .http11,
                bytesReceived: request == nil ? 0 : handler.bodyReceived,
                began: began,
                isComplete: isComplete
            )
        )
    }

    private func requestBody(_ id: UInt64, length: Int64?) -> RequestBody {
        let loop = connection.loop
        return RequestBody(length: length) {
            try await withUnsafeThrowingContinuation { continuation in
                if loop.eventLoop.inEventLoop {
                    loop.value.nextBody(of: id, continuation)
                } else {
                    loop.eventLoop.execute { loop.value.nextBody(of: id, continuation) }
                }
            }
        }
    }
}
