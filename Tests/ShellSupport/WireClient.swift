import Foundation

/// A request, sent byte for byte as it stands here.
public struct WireRequest: Sendable {
    /// The method.
    public var method: String
    /// The request target, not normalised in any way.
    public var target: String
    /// The header fields in order. `Host` and `Content-Length` are added where they are missing.
    public var headers: [(name: String, value: String)]
    /// The content; nil sends none and no `Content-Length`.
    public var body: [UInt8]?
    /// Whether the content goes out in chunks, without a length.
    public var chunked = false

    /// Makes a request.
    public init(
        _ method: String,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// An answer as it came.
public struct WireResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields in order.
    public var headers: [(name: String, value: String)]
    /// The content, without its framing.
    public var body: [UInt8]

    /// The value of the first field of that name, whatever its case.
    public subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The content as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// What went wrong on the way.
public struct WireError: Error, CustomStringConvertible {
    /// What happened.
    public let description: String
    /// Whether nobody listens.
    public var isRefused = false
}

/// A small HTTP/1.1 client over a plain socket: one connection a request, nothing rewritten, nothing followed.
///
/// `URLSession` is no substitute: it normalises targets, folds headers, follows redirects and joins fields.
public struct WireClient: Sendable {
    /// The server's port on 127.0.0.1; 0 where it listens on a file.
    public let port: UInt16
    private let file: String?

    /// Makes a client of the server on that port of the loopback address.
    public init(port: UInt16) {
        self.port = port
        file = nil
    }

    /// Makes a client of the server that listens on a socket's file.
    public init(file: String) {
        port = 0
        self.file = file
    }

    /// Sends a request and reads the whole answer. Blocking calls run on a thread of their own.
    ///
    /// - Throws: ``WireError`` where the connection fails, closes early or is silent for 30 seconds.
    public func send(_ request: WireRequest) async throws -> WireResponse {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async {
                continuation.resume(with: Result { try exchange(request) })
            }
        }
    }

    private static let queue = DispatchQueue(label: "registryd.tests.wire", attributes: .concurrent)

    private func exchange(_ request: WireRequest) throws -> WireResponse {
        let socket = try file.map { try LoopbackSocket(connectingToFile: $0) } ?? LoopbackSocket(connectingTo: port)
        defer { socket.close() }
        // A server may answer and close before it has read everything; the answer counts, so a failed write doesn't.
        let sent = Result { try socket.write(Self.encode(request, port: port)) }
        do {
            var reader = WireReader(socket: socket)
            return try reader.readResponse(to: request.method)
        } catch {
            try sent.get()
            throw error
        }
    }

    private static func encode(_ request: WireRequest, port: UInt16) -> [UInt8] {
        var head = "\(request.method) \(request.target) HTTP/1.1\r\n"
        let names = Set(request.headers.map { $0.name.lowercased() })
        if !names.contains("host") { head += "Host: 127.0.0.1:\(port)\r\n" }
        for (name, value) in request.headers { head += "\(name): \(value)\r\n" }
        guard let body = request.body else { return Array((head + "\r\n").utf8) }
        if request.chunked {
            head += "Transfer-Encoding: chunked\r\n\r\n"
            let chunk = body.isEmpty ? [] : Array("\(String(body.count, radix: 16))\r\n".utf8) + body + [13, 10]
            return Array(head.utf8) + chunk + Array("0\r\n\r\n".utf8)
        }
        if !names.contains("content-length") { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }
}
