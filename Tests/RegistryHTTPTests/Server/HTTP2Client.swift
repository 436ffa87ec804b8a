import NIOCore
import NIOHPACK
import RegistryTesting

/// A client of HTTP/2 without TLS that sends exactly the frames it is told to, and none by itself but those that
/// ``sendBody`` needs.
final class HTTP2Client {
    /// A frame as it came.
    struct Frame {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: ByteBuffer

        var endsStream: Bool { (type == 0 || type == 1) && flags & 1 == 1 }
        /// The code of a RST_STREAM or GOAWAY frame.
        var code: UInt32? { payload.getInteger(at: payload.readerIndex + (type == 7 ? 4 : 0)) }
    }

    /// An answer on a stream; `reset` is the code when the stream was reset instead of ended.
    struct Answer {
        var headers = HPACKHeaders()
        var body: [UInt8] = []
        var reset: UInt32?

        var status: String? { headers.first(name: ":status") }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    let raw: RawClient
    private var received = ByteBuffer()
    private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var connectionWindow = 65_535
    private var initialWindow = 65_535
    private var windows: [UInt32: Int] = [:]

    init(_ raw: RawClient) { self.raw = raw }

    /// Connects and says the first words.
    static func connect(_ server: ServerHarness, settings: [(UInt16, UInt32)] = []) async throws -> HTTP2Client {
        let client = HTTP2Client(try await server.connect())
        try await client.begin(settings)
        return client
    }

    /// Says the first words.
    func begin(_ settings: [(UInt16, UInt32)] = []) async throws {
        try await raw.send(Self.preface)
        var payload = ByteBuffer()
        for (name, value) in settings {
            payload.writeInteger(name)
            payload.writeInteger(value)
        }
        try await send(type: 4, payload: payload)
    }

    // MARK: Sending

    func send(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: ByteBuffer = ByteBuffer()) async throws {
        try await raw.send(Self.frame(type: type, flags: flags, stream: stream, payload: payload))
    }

    static func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(truncatingIfNeeded: payload.readableBytes >> 16))
        buffer.writeInteger(UInt16(truncatingIfNeeded: payload.readableBytes))
        buffer.writeInteger(type)
        buffer.writeInteger(flags)
        buffer.writeInteger(stream)
        buffer.writeImmutableBuffer(payload)
        return buffer
    }

    /// Sends a head; `nil` leaves a field out.
    func request(
        _ stream: UInt32,
        _ method: String? = "GET",
        _ path: String? = "/",
        authority: String? = "registry:1",
        headers: [(String, String)] = [],
        isLast: Bool = true
    ) async throws {
        var fields: [(String, String)] = []
        if let method { fields.append((":method", method)) }
        if method != "CONNECT" { fields.append((":scheme", "http")) }
        if let path { fields.append((":path", path)) }
        if let authority { fields.append((":authority", authority)) }
        try await requestHeaders(stream, fields + headers, isLast: isLast)
    }

    func requestHeaders(_ stream: UInt32, _ fields: [(String, String)], isLast: Bool = true) async throws {
        try encoder.beginEncoding(allocator: ByteBufferAllocator())
        for (name, value) in fields { try encoder.append(header: name, value: value) }
        let payload = try encoder.endEncoding()
        try await send(type: 1, flags: isLast ? 5 : 4, stream: stream, payload: payload)
    }

    func data(_ stream: UInt32, _ bytes: [UInt8], isLast: Bool) async throws {
        try await send(type: 0, flags: isLast ? 1 : 0, stream: stream, payload: ByteBuffer(bytes: bytes))
    }

    /// Opens windows.
    func allow(_ stream: UInt32, _ bytes: UInt32) async throws {
        try await send(type: 8, stream: stream, payload: ByteBuffer(integer: bytes))
    }

    /// Sends content as fast as the server allows.
    func sendBody(_ stream: UInt32, _ count: Int) async throws {
        var left = count
        while left > 0 {
            let size = min(left, 16_384, connectionWindow, windows[stream] ?? initialWindow)
            if size > 0 {
                left -= size
                connectionWindow -= size
                windows[stream] = (windows[stream] ?? initialWindow) - size
                try await data(stream, [UInt8](repeating: 7, count: size), isLast: left == 0)
            } else {
                _ = try await next()
            }
        }
    }

    // MARK: Receiving

    /// The next frame.
    ///
    /// - Throws: `WireError` when the connection ends before.
    func next() async throws -> Frame {
        while true {
            if let frame = parse() {
                note(frame)
                // Only from then on the server's settings hold.
                if frame.type == 4, frame.flags & 1 == 0 { try? await send(type: 4, flags: 1) }
                return frame
            }
            guard var part = try await raw.receive() else {
                throw WireError.closed(received: Array(received.readableBytesView))
            }
            received.writeBuffer(&part)
        }
    }

    /// The next frame of a type.
    func next(type: UInt8) async throws -> Frame {
        while true {
            let frame = try await next()
            if frame.type == type { return frame }
        }
    }

    /// The answer on a stream; frames of others are passed over. Windows are opened as content arrives.
    func answer(_ stream: UInt32) async throws -> Answer {
        var answer = Answer()
        while true {
            var frame = try await next()
            if frame.type == 1 {
                // In any case, since heads share a table.
                let headers = try decoder.decodeHeaders(from: &frame.payload)
                if frame.stream == stream { answer.headers = headers }
            }
            guard frame.stream == stream else { continue }
            if frame.type == 3 {
                answer.reset = frame.code
                return answer
            }
            if frame.type == 0 {
                answer.body += frame.payload.readableBytesView
                let count = UInt32(frame.payload.readableBytes)
                // The server may close after the last.
                if count > 0 { try? await allow(0, count) }
                if count > 0, !frame.endsStream { try await allow(stream, count) }
            }
            if frame.endsStream { return answer }
        }
    }

    /// Reads until the server closes.
    ///
    /// - Returns: the codes of the GOAWAY frames before.
    func goodbyes() async throws -> [UInt32] {
        var codes: [UInt32] = []
        do {
            while true {
                let frame = try await next()
                if frame.type == 7, let code = frame.code { codes.append(code) }
            }
        } catch WireError.closed, WireError.reset {
            return codes
        }
    }

    private func parse() -> Frame? {
        guard let high: UInt8 = received.getInteger(at: received.readerIndex),
            let low: UInt16 = received.getInteger(at: received.readerIndex + 1)
        else { return nil }
        let length = Int(high) << 16 | Int(low)
        guard received.readableBytes >= 9 + length else { return nil }
        received.moveReaderIndex(forwardBy: 3)
        guard let type: UInt8 = received.readInteger(), let flags: UInt8 = received.readInteger(),
            let stream: UInt32 = received.readInteger(), let payload = received.readSlice(length: length)
        else { return nil }
        return Frame(type: type, flags: flags, stream: stream, payload: payload)
    }

    private func note(_ frame: Frame) {
        var payload = frame.payload
        if frame.type == 8, let count: UInt32 = payload.readInteger() {
            if frame.stream == 0 {
                connectionWindow += Int(count)
            } else {
                windows[frame.stream] = (windows[frame.stream] ?? initialWindow) + Int(count)
            }
        }
        if frame.type == 4 {
            while let name: UInt16 = payload.readInteger(), let value: UInt32 = payload.readInteger() {
                if name == 4 {
                    for stream in windows.keys { windows[stream]? += Int(value) - initialWindow }
                    initialWindow = Int(value)
                }
            }
        }
    }
}
