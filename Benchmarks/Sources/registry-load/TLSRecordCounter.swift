import NIOCore

/// Counts an answer's content by the lengths of its TLS records, and decrypts no more than its head.
///
/// To decrypt what a server has encrypted takes as long as it took the server, so that a client that does can't tell how
/// fast a server is. It stands between the socket and the TLS handler, and hands that one record after the other until the
/// head of the answer is known. The records after it are counted; none of them can be decrypted any more, since each
/// has the number of those before it in its key stream. So a connection has one answer.
final class TLSRecordCounter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Content type, version and length.
    private static let headerLength = 5
    /// What encryption adds to a record's content: the authentication tag, and a byte with its true type.
    private static let overhead = 17
    /// The one suite that is measured; a server that chose another would be compared with what it isn't.
    private static let suite: UInt16 = 0x1301

    private enum ContentType {
        static let handshake: UInt8 = 22
        static let applicationData: UInt8 = 23
    }

    private let lane: HTTP1Lane
    /// What came of a record's header, or of the server's hello.
    private var pending = ByteBuffer()
    /// How much of the current record is still to come.
    private var left = 0
    /// The content of the current record when it is counted.
    private var content = 0
    private var knowsSuite = false

    init(lane: HTTP1Lane) { self.lane = lane }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if pending.readableBytes > 0 {
            pending.writeBuffer(&bytes)
            bytes = pending
            pending = ByteBuffer()
        }
        do throws(LoadError) {
            while bytes.readableBytes > 0 {
                guard try step(&bytes, context) else {
                    pending = bytes
                    return
                }
            }
        } catch {
            lane.fail(error)
        }
    }

    /// Takes a record's header, or as much of the record as there is; `false` when more must come first.
    private func step(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) throws(LoadError) -> Bool {
        let isCounted = lane.contentLeft != nil
        if left == 0 {
            let start = bytes.readerIndex
            guard bytes.readableBytes >= Self.headerLength, let type = bytes.getInteger(at: start, as: UInt8.self),
                let length = bytes.getInteger(at: start + 3, as: UInt16.self)
            else { return false }
            if !knowsSuite, type == ContentType.handshake {
                guard bytes.readableBytes >= Self.headerLength + Int(length) else { return false }
                try checkSuite(bytes)
            }
            guard !isCounted || type == ContentType.applicationData && length >= Self.overhead else {
                throw LoadError("a TLS record of type \(type) in an answer")
            }
            left = Int(length) + (isCounted ? 0 : Self.headerLength)
            content = isCounted ? Int(length) - Self.overhead : 0
            if isCounted { bytes.moveReaderIndex(forwardBy: Self.headerLength) }
        }
        let count = min(left, bytes.readableBytes)
        left -= count
        if isCounted {
            bytes.moveReaderIndex(forwardBy: count)
            if left == 0 { try lane.counted(content) }
        } else if let part = bytes.readSlice(length: count) {
            context.fireChannelRead(wrapInboundOut(part))
            // The handler gives on what it has decrypted only now.
            if left == 0 { context.fireChannelReadComplete() }
        }
        return true
    }

    /// Looks at the suite in the server's hello, which is the first record: type, length, version and random are before the
    /// session's identifier, and the suite is after it.
    private func checkSuite(_ bytes: ByteBuffer) throws(LoadError) {
        let session = bytes.readerIndex + Self.headerLength + 1 + 3 + 2 + 32
        guard let length = bytes.getInteger(at: session, as: UInt8.self),
            let suite = bytes.getInteger(at: session + 1 + Int(length), as: UInt16.self)
        else { throw LoadError("no TLS server hello") }
        guard suite == Self.suite else { throw LoadError("cipher suite \(suite)") }
        knowsSuite = true
    }
}
