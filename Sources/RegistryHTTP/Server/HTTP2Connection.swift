import HTTPTypes
import NIOCore
import NIOHPACK
import NIOHTTP2
import RegistryCore

/// The task of a connection that speaks HTTP/2: each stream is answered by a child task on the same event loop.
struct HTTP2Connection {
    let loop: NIOLoopBound<HTTP2Handler>
    let responder: any Responder
    let reports: NIOLoopBoundBox<ExchangeReports>?
    let configuration: ServerConfiguration
    let peer: Peer
    let dates: NIOLoopBoundBox<DateCache>

    /// Serves until the connection ends.
    func serve() async {
        let handler = loop.value
        await withDiscardingTaskGroup { group in
            while let stream = await handler.nextStream() {
                let exchange = HTTP2Exchange(
                    connection: self,
                    loop: NIOLoopBound(stream, eventLoop: loop.eventLoop)
                )
                group.addTask { await exchange.run() }
            }
        }
        reports?.value.tell()
        handler.close()
    }
}

/// One request on a stream, and its answer.
struct HTTP2Exchange: Sendable {
    let connection: HTTP2Connection
    let loop: NIOLoopBound<HTTP2StreamHandler>

    /// The most of an object that is held at once, in bytes: there may be a hundred streams.
    private static var pieceBytes: Int { 256 * 1024 }

    /// Has the request answered.
    func run() async {
        let stream = loop.value
        do throws(ProtocolFailure) {
            let head = try HTTP2RequestHead(
                checking: stream.head,
                isComplete: stream.isHeadOnly,
                limits: connection.configuration.limits,
                isSecure: connection.peer.isSecure
            )
            await answer(head, stream)
        } catch {
            await refuse(error, request: nil, stream)
        }
        stream.finish()
        loop.value.connection.streamEnded()
    }

    private func answer(_ head: HTTP2RequestHead, _ stream: HTTP2StreamHandler) async {
        let began = connection.reports == nil ? nil : NIODeadline.now()
        connection.reports?.value.begin(head.request, from: connection.peer)
        stream.begin(head)
        let body = stream.bodyState == .complete ? .empty : requestBody(length: head.length)
        let response = await stream.answering {
            await connection.responder.respond(to: head.request, body: body, from: connection.peer)
        }
        if case .failed(let error) = stream.bodyState {
            await refuse(failure(error), request: head.request, began: began, notes: response.notes, stream)
            return
        }
        var answer = Answer(response: response, isHead: head.request.method == .head)
        let isComplete = await send(&answer, stream)
        report(head.request, answer, began, isComplete, stream)
        if isComplete { await disposeOfBody(stream) }
    }

    /// Waits for the client to end the stream too, and does so for it when it doesn't
    /// ([RFC 9113, 8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1)). A reset that comes with the answer makes
    /// some clients, such as curl 7.88, throw the answer away.
    private func disposeOfBody(_ stream: HTTP2StreamHandler) async {
        if await !stream.discardBody() { stream.reset(.noError) }
    }

    private func failure(_ error: RequestBodyError) -> ProtocolFailure {
        switch error {
        case .timedOut: .timedOut
        case .malformed: .malformed("the request's content is malformed")
        case .disconnected: .incomplete
        }
    }

    /// Answers something that is not a request, or a request whose content broke off.
    private func refuse(
        _ failure: ProtocolFailure,
        request: HTTPRequest?,
        began: NIODeadline? = nil,
        notes: ResponseNotes = ResponseNotes(),
        _ stream: HTTP2StreamHandler
    ) async {
        var answer = Answer(response: failure.response, isHead: request?.method == .head)
        answer.response.notes = notes
        let isComplete = await send(&answer, stream)
        report(request, answer, began, isComplete, stream)
        if isComplete { await disposeOfBody(stream) }
    }

    // MARK: The answer

    private func send(_ answer: inout Answer, _ stream: HTTP2StreamHandler) async -> Bool {
        guard !stream.isClosed else { return false }
        let isSent: Bool
        switch answer.body {
        case .empty:
            stream.send(head(answer), isLast: true)
            isSent = true
        case .bytes(let bytes):
            stream.send(head(answer), isLast: false)
            answer.sent = Int64(bytes.readableBytes)
            isSent = await stream.send(bytes, isLast: true)
        case .object(let object, let range):
            isSent = await send(object, range, &answer, stream)
        }
        guard isSent else {
            stream.reset(.internalError)
            return false
        }
        return await stream.becomesWritten()
    }

    /// Sends a part of an object, reading the next piece while the one before is taken.
    private func send(
        _ object: any StorageObject,
        _ range: Range<Int64>,
        _ answer: inout Answer,
        _ stream: HTTP2StreamHandler
    ) async -> Bool {
        let pieceBytes = min(connection.configuration.readPieceBytes, Self.pieceBytes)
        var offset = range.lowerBound
        var pieces = 0
        while offset < range.upperBound {
            pieces += 1
            if pieces.isMultiple(of: 16) { await stream.letOthersRun() }
            let wanted = Int(min(Int64(pieceBytes), range.upperBound - offset))
            guard let piece = try? await object.read(at: offset, count: wanted), piece.readableBytes > 0,
                piece.readableBytes <= wanted
            else {
                guard answer.sent == 0 else { return false }
                // Nothing is sent yet, so the client can still be told.
                answer.response = Answer.unreadable
                stream.send(head(answer), isLast: false)
                answer.sent = answer.body.length
                return await stream.send(Answer.unreadableBody, isLast: true)
            }
            if answer.sent == 0 { stream.send(head(answer), isLast: false) }
            offset += Int64(piece.readableBytes)
            guard await stream.send(piece, isLast: offset == range.upperBound) else { return false }
            answer.sent += Int64(piece.readableBytes)
        }
        return true
    }

    private func head(_ answer: Answer) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(answer.response.headers.count + 3)
        headers.add(name: ":status", value: String(answer.response.status.code))
        for field in answer.response.headers where !ResponseHead.isOurs(field.name.canonicalName) {
            headers.add(name: field.name.canonicalName, value: field.value)
        }
        if let length = answer.length { headers.add(name: "content-length", value: String(length)) }
        headers.add(name: "date", value: connection.dates.value.now())
        return headers
    }

    private func report(
        _ request: HTTPRequest?,
        _ answer: Answer,
        _ began: NIODeadline?,
        _ isComplete: Bool,
        _ stream: HTTP2StreamHandler
    ) {
        connection.reports?.value.add(
            Exchange(
                request,
                answer,
                from: connection.peer,
                by: .http2,
                bytesReceived: request == nil ? 0 : stream.bodyReceived,
                began: began,
                isComplete: isComplete
            )
        )
    }

    private func requestBody(length: Int64?) -> RequestBody {
        let loop = loop
        return RequestBody(length: length) {
            try await withUnsafeThrowingContinuation { continuation in
                if loop.eventLoop.inEventLoop {
                    loop.value.nextBody(continuation)
                } else {
                    loop.eventLoop.execute { loop.value.nextBody(continuation) }
                }
            }
        }
    }
}
