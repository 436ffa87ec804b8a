public import NIOCore

/// A plain HTTP/1.1 client for tests: it keeps connections, follows nothing, decodes nothing and hides nothing.
///
/// ```swift
/// let client = HTTPTestClient(port: port)
/// let answer = try await client.request("PUT", "/v2/a/blobs/uploads/1", headers: ["Authorization": "…"], body: bytes)
/// #expect(answer.status == 201)
/// ```
public actor HTTPTestClient {
    /// The content of a request.
    public enum Body: Sendable {
        /// No content, and no `Content-Length`.
        case none
        /// Content of a known length.
        case bytes([UInt8])
        /// Content of a length that is not announced: each part is a chunk.
        case chunks([[UInt8]])
    }

    private let host: String
    private let port: Int
    private let timeout: Duration
    private var idle: [RawClient] = []

    /// Makes a client; it connects when it is first used.
    ///
    /// - Parameter timeout: how long it waits for bytes before it throws ``WireError/timedOut``.
    public init(host: String = "127.0.0.1", port: Int, timeout: Duration = .seconds(10)) {
        self.host = host
        self.port = port
        self.timeout = timeout
    }

    /// Makes a client for where a server listens.
    public init(_ address: SocketAddress, timeout: Duration = .seconds(10)) {
        self.init(host: address.ipAddress ?? "127.0.0.1", port: address.port ?? 0, timeout: timeout)
    }

    /// Sends a request with bytes as its content.
    ///
    /// - Throws: ``WireError``, or why it can't connect.
    public func request(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: [UInt8]
    ) async throws -> TestResponse {
        try await request(method, path, headers: headers, body: .bytes(body))
    }

    /// Sends a request with a text as its content.
    ///
    /// - Throws: ``WireError``, or why it can't connect.
    public func request(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: String
    ) async throws -> TestResponse {
        try await request(method, path, headers: headers, body: .bytes(Array(body.utf8)))
    }

    /// Sends a request and reads the answer.
    ///
    /// `Host`, `Content-Length` and `Transfer-Encoding` are added unless they are given.
    ///
    /// - Throws: ``WireError``, or why it can't connect.
    public func request(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: Body = .none
    ) async throws -> TestResponse {
        let bytes = serialize(method, path, headers, body)
        if let connection = idle.popLast() {
            do {
                return try await exchange(bytes, method, on: connection)
            } catch let error as WireError {
                await connection.close()
                // The server may close an idle connection at any time.
                guard error == .reset || error == .closed(received: []) else { throw error }
            }
        }
        let connection = try await RawClient.connect(host: host, port: port, timeout: timeout)
        do {
            return try await exchange(bytes, method, on: connection)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Closes the connections that are kept.
    public func close() async {
        let connections = idle
        idle = []
        for connection in connections { await connection.close() }
    }

    private func exchange(
        _ bytes: ByteBuffer,
        _ method: String,
        on connection: RawClient
    ) async throws -> TestResponse {
        // A server may answer and close before it has read everything: the answer counts.
        try? await connection.send(bytes)
        let response = try await connection.readResponse(toHead: method == "HEAD")
        let isFramed =
            method == "HEAD" || response.headers["Content-Length"] != nil || response.status == 204
            || response.status == 304 || response.headers["Transfer-Encoding"] != nil
        if isFramed && response.headers["Connection"]?.lowercased() != "close" {
            idle.append(connection)
        } else {
            await connection.close()
        }
        return response
    }

    private func serialize(
        _ method: String,
        _ path: String,
        _ headers: [String: String],
        _ body: Body
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("\(method) \(path) HTTP/1.1\r\n")
        let names = Set(headers.keys.map { $0.lowercased() })
        if !names.contains("host") { buffer.writeString("Host: \(host):\(port)\r\n") }
        for (name, value) in headers { buffer.writeString("\(name): \(value)\r\n") }
        switch body {
        case .none:
            buffer.writeString("\r\n")
        case .bytes(let bytes):
            if !names.contains("content-length") { buffer.writeString("Content-Length: \(bytes.count)\r\n") }
            buffer.writeString("\r\n")
            buffer.writeBytes(bytes)
        case .chunks(let chunks):
            buffer.writeString("Transfer-Encoding: chunked\r\n\r\n")
            for chunk in chunks where !chunk.isEmpty {
                buffer.writeString(String(chunk.count, radix: 16) + "\r\n")
                buffer.writeBytes(chunk)
                buffer.writeString("\r\n")
            }
            buffer.writeString("0\r\n\r\n")
        }
        return buffer
    }
}
