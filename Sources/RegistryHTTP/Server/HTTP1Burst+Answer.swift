import HTTPTypes
import NIOCore
import RegistryCore

/// An answer on its way.
struct Answer {
    var response: Response
    let isHead: Bool
    var connection = ResponseHead.ConnectionHeader.none
    /// How many bytes of content were sent.
    var sent: Int64 = 0

    /// The content that is sent.
    var body: ResponseBody {
        isHead || !ResponseHead.mayHaveBody(response.status) || response.body.length == 0 ? .empty : response.body
    }

    /// The length that the head announces.
    var length: Int64? {
        guard ResponseHead.mayHaveBody(response.status) else { return nil }
        if isHead, case .empty = response.body, let text = response.headers[.contentLength], let length = Int64(text) {
            return length
        }
        return response.body.length
    }

    /// What is answered when an object can't be read at all.
    static var unreadable: Response {
        var response = ProtocolFailure(status: .internalServerError, message: "unknown error").response
        response.body = .bytes(unreadableBody)
        return response
    }

    static var unreadableBody: ByteBuffer {
        ByteBuffer(string: #"{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}"# + "\n")
    }
}

extension Exchange {
    /// What an observer is told of an answer that was sent, or given up.
    convenience init(
        _ request: HTTPRequest?,
        _ answer: Answer,
        from peer: Peer,
        by version: Version,
        bytesReceived: Int64,
        began: NIODeadline?,
        isComplete: Bool
    ) {
        self.init(
            request: request,
            peer: peer,
            version: version,
            status: answer.response.status.code,
            headers: answer.response.headers,
            notes: answer.response.notes,
            bytesSent: answer.sent,
            bytesReceived: bytesReceived,
            duration: began.map { Duration.nanoseconds((NIODeadline.now() - $0).nanoseconds) } ?? .zero,
            isComplete: isComplete
        )
    }
}

extension HTTP1Burst {
    /// Content up to this size shares a buffer with its head.
    private static var inlineLimit: Int { 16 * 1024 }

    /// Sends an answer.
    ///
    /// - Parameter isLast: whether to wait until the system has all of it, as must be done before closing.
    /// - Returns: whether it was sent whole.
    func send(_ answer: inout Answer, isLast: Bool) async -> Bool {
        switch answer.body {
        case .empty: return await send(head(answer, reserving: 0), isLast: isLast)
        case .bytes(let bytes): return await send(bytes, of: &answer, isLast: isLast)
        case .object(let object, let range):
            if let file = object.file, !connection.peer.isSecure {
                handler.write(head(answer, reserving: 0))
                var sent: Int64 = 0
                let isComplete = await handler.sendFile(file, range) { sent += $0 }
                answer.sent = sent
                return isComplete
            }
            return await send(object, range, of: &answer, isLast: isLast)
        }
    }

    private func head(_ answer: Answer, reserving count: Int) -> ByteBuffer {
        var buffer = handler.context?.channel.allocator.buffer(capacity: 512 + count) ?? ByteBuffer()
        let head = ResponseHead(
            status: answer.response.status,
            headers: answer.response.headers,
            length: answer.length,
            connection: answer.connection
        )
        head.write(into: &buffer, date: connection.dates.value.now())
        return buffer
    }

    private func send(_ bytes: ByteBuffer, isLast: Bool) async -> Bool {
        if isLast { return await handler.sendThrough(.byteBuffer(bytes)) }
        guard !handler.isClosed else { return false }
        handler.write(bytes)
        flushes.add(handler)
        return await handler.becomesWritable()
    }

    private func send(_ bytes: ByteBuffer, of answer: inout Answer, isLast: Bool) async -> Bool {
        let count = bytes.readableBytes
        answer.sent = Int64(count)
        if count <= Self.inlineLimit {
            var buffer = head(answer, reserving: count)
            buffer.writeImmutableBuffer(bytes)
            return await send(buffer, isLast: isLast)
        }
        handler.write(head(answer, reserving: 0))
        return await send(bytes, isLast: isLast)
    }

    /// Sends a part of an object, reading the next piece while the one before is taken.
    private func send(
        _ object: any StorageObject,
        _ range: Range<Int64>,
        of answer: inout Answer,
        isLast: Bool
    ) async -> Bool {
        var offset = range.lowerBound
        var pieces = 0
        while offset < range.upperBound {
            pieces += 1
            if pieces.isMultiple(of: 8) { await handler.letOthersRun() }
            let wanted = Int(min(Int64(connection.configuration.readPieceBytes), range.upperBound - offset))
            guard let piece = try? await object.read(at: offset, count: wanted), piece.readableBytes > 0,
                piece.readableBytes <= wanted
            else {
                guard answer.sent == 0 else { return false }
                // Nothing is sent yet, so the client can still be told.
                answer.response = Answer.unreadable
                answer.connection = .close
                handler.isIgnoring = true
                _ = await send(Answer.unreadableBody, of: &answer, isLast: true)
                return false
            }
            guard await handler.becomesWritable() else { return false }
            if answer.sent == 0 { handler.write(head(answer, reserving: 0)) }
            handler.send(piece)
            answer.sent += Int64(piece.readableBytes)
            offset += Int64(piece.readableBytes)
        }
        if answer.sent == 0 { handler.write(head(answer, reserving: 0)) }
        return await handler.sendThrough(.byteBuffer(ByteBuffer()))
    }
}
