public import NIOCore
import NIOPosix

/// A client that sends exactly the bytes it is told to, for tests of what a well-behaved client never does.
///
/// It reads from its socket only while a call waits for something, so that a test that does not read is a client
/// that does not read. Close it with ``close()``.
public actor RawClient {
    private let channel: any Channel
    private let inbox: ByteInbox
    private var received = ByteBuffer()
    private let timeout: Duration

    private init(channel: any Channel, inbox: ByteInbox, timeout: Duration) {
        self.channel = channel
        self.inbox = inbox
        self.timeout = timeout
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - timeout: how long any call waits for bytes before it throws ``WireError/timedOut``.
    ///   - receiveBuffer: the size of the socket's receive buffer in bytes, where a test needs it to be small.
    public static func connect(
        host: String = "127.0.0.1",
        port: Int,
        timeout: Duration = .seconds(10),
        receiveBuffer: Int? = nil
    ) async throws -> RawClient {
        let inbox = ByteInbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { $0.pipeline.addHandler(inbox) }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        let channel = try await bootstrap.connect(host: host, port: port).get()
        return RawClient(channel: channel, inbox: inbox, timeout: timeout)
    }

    /// Connects to where a server listens.
    public static func connect(to address: SocketAddress, timeout: Duration = .seconds(10)) async throws -> RawClient {
        try await connect(
            host: address.ipAddress ?? "127.0.0.1",
            port: address.port ?? 0,
            timeout: timeout
        )
    }

    // MARK: Sending

    /// Sends a text as it stands; its line ends must be written out.
    ///
    /// - Throws: when the connection is closed.
    public func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

    /// Sends bytes.
    ///
    /// - Throws: when the connection is closed.
    public func send(_ bytes: [UInt8]) async throws { try await send(ByteBuffer(bytes: bytes)) }

    /// Sends bytes, and waits until the system has taken them.
    ///
    /// - Throws: when the connection is closed.
    public func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Closes the sending side; answers can still be read.
    public func finishSending() async throws { try await channel.close(mode: .output) }

    /// Closes the connection.
    public func close() async { try? await channel.close() }

    /// Closes the connection with a reset instead of an orderly end.
    public func reset() async {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        await close()
    }

    // MARK: Receiving

    /// The next bytes, whatever they are; `nil` when the server has closed.
    ///
    /// - Throws: ``WireError``.
    public func receive() async throws -> ByteBuffer? {
        if received.readableBytes > 0 {
            defer { received.clear() }
            return received
        }
        return try await inbox.next(from: channel, timeout: timeout)
    }

    /// Everything until the server closes.
    ///
    /// - Throws: ``WireError``; it is an error when the server does not close.
    public func readToEnd() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try await receive() { bytes.append(contentsOf: part.readableBytesView) }
        return bytes
    }

    /// The next answer.
    ///
    /// - Parameters:
    ///   - toHead: whether it answers a `HEAD` request and so has no content.
    ///   - skipsInformational: whether answers such as `100 Continue` are passed over.
    /// - Throws: ``WireError``.
    public func readResponse(toHead: Bool = false, skipsInformational: Bool = true) async throws -> TestResponse {
        while true {
            var response = try await readHead()
            if response.status < 200 {
                if skipsInformational { continue }
                return response
            }
            if !toHead && response.status != 204 && response.status != 304 {
                response.body = try await readBody(response.headers)
            }
            return response
        }
    }

    /// The head of the next answer; its content is left to be read.
    ///
    /// - Throws: ``WireError``.
    public func readHead() async throws -> TestResponse {
        let line = try await readLine()
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("HTTP/1."), parts[1].utf8.count == 3, let status = Int(parts[1])
        else { throw WireError.malformed(line) }
        var headers = TestHeaders()
        while true {
            let line = try await readLine()
            if line.isEmpty { return TestResponse(status: status, headers: headers) }
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), line.dropFirst(line.count - 1) != " " else {
                throw WireError.malformed(line)
            }
            let value = line[line.utf8.index(after: colon)...]
            headers.fields.append((String(line[..<colon]), String(value.drop { $0 == " " })))
        }
    }

    private func readBody(_ headers: TestHeaders) async throws -> [UInt8] {
        if headers["Transfer-Encoding"]?.lowercased() == "chunked" { return try await readChunks() }
        guard let text = headers["Content-Length"] else { return try await readToEnd() }
        guard let length = Int(text), headers.values("Content-Length").count == 1 else {
            throw WireError.malformed(text)
        }
        return try await readBytes(length)
    }

    private func readChunks() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let line = try await readLine()
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw WireError.malformed(line) }
            if size == 0 {
                while try await !readLine().isEmpty {}
                return bytes
            }
            bytes += try await readBytes(size)
            guard try await readLine().isEmpty else { throw WireError.malformed("no line end after a chunk") }
        }
    }

    private func readLine() async throws -> String {
        while true {
            if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let count = end - received.readerIndex
                guard let line = received.readString(length: count), line.utf8.last == UInt8(ascii: "\r") else {
                    throw WireError.malformed("a line does not end in CR LF")
                }
                received.moveReaderIndex(forwardBy: 1)
                return String(line.dropLast())
            }
            try await receiveMore()
        }
    }

    private func readBytes(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while true {
            let taken = min(count - bytes.count, received.readableBytes)
            if let part = received.readSlice(length: taken) { bytes.append(contentsOf: part.readableBytesView) }
            if bytes.count == count { return bytes }
            do {
                try await receiveMore()
            } catch WireError.closed {
                throw WireError.closed(received: bytes)
            }
        }
    }

    private func receiveMore() async throws {
        guard var part = try await inbox.next(from: channel, timeout: timeout) else {
            throw WireError.closed(received: Array(received.readableBytesView))
        }
        if received.readableBytes == 0 {
            received = part
        } else {
            received.discardReadBytes()
            received.writeBuffer(&part)
        }
    }
}
