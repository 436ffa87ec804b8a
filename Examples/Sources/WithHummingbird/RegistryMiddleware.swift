import HTTPTypes
import Hummingbird
import NIOCore
import RegistryCore
import RegistryHTTP

/// Has a registry answer everything under `/v2/`, with any method, and the application's routes everything else.
///
/// It is a middleware and not a route, because a registry's names have any number of components and it answers a
/// method that it doesn't know itself. What is added to the router before it, such as a log, sees its requests too.
struct RegistryMiddleware<Context: RemoteAddressRequestContext>: RouterMiddleware {
    let responder: any Responder

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Hummingbird.Response
    ) async throws -> Hummingbird.Response {
        let path = request.uri.path
        guard path == "/v2" || path.hasPrefix("/v2/") else { return try await next(request, context) }

        let address = context.remoteAddress.flatMap { address in
            address.ipAddress.flatMap { ip in address.port.map { ip.contains(":") ? "[\(ip)]:\($0)" : "\(ip):\($0)" } }
        }
        let response = await responder.respond(
            to: request.head,
            body: RegistryHTTP.RequestBody(request),
            from: Peer(address: address)
        )
        return Hummingbird.Response(response, isHead: request.method == .head)
    }
}

extension RegistryHTTP.RequestBody {
    /// The content of Hummingbird's request, read no faster than the registry takes it.
    init(_ request: Request) {
        let length =
            if let text = request.headers[.contentLength] { Int64(text) } else {
                request.headers[.transferEncoding] == nil ? 0 : Int64?.none
            }
        let reader = BodyReader(request.body, length: length)
        self.init(length: length) { try await reader.next() }
    }
}

/// Reads a request's content piece by piece.
///
/// `@unchecked Sendable`: the registry never calls ``RequestBody/next()`` for one body in two tasks at once, so nobody
/// uses the members while a call runs.
private final class BodyReader: @unchecked Sendable {
    private var iterator: Hummingbird.RequestBody.AsyncIterator
    private var left: Int64?

    init(_ body: Hummingbird.RequestBody, length: Int64?) {
        iterator = body.makeAsyncIterator()
        left = length
    }

    func next() async throws -> ByteBuffer? {
        do {
            while let piece = try await iterator.next() {
                left? -= Int64(piece.readableBytes)
                if piece.readableBytes > 0 { return piece }
            }
        } catch {
            throw RequestBodyError.disconnected
        }
        // A connection that was lost must not look like the end of the content.
        if let left, left > 0 { throw RequestBodyError.disconnected }
        return nil
    }
}

extension Hummingbird.Response {
    /// The registry's answer as Hummingbird sends it.
    init(_ response: RegistryHTTP.Response, isHead: Bool) {
        var headers = response.headers
        if response.status != .noContent, response.status != .notModified, headers[.contentLength] == nil {
            headers[.contentLength] = String(response.body.length)
        }
        let body: Hummingbird.ResponseBody =
            switch response.body {
            case _ where isHead: .init()
            case .empty: .init()
            case .bytes(let bytes): .init(byteBuffer: bytes)
            case .object(let object, let range): .init(object, range)
            }
        self.init(status: response.status, headers: headers, body: body)
    }
}

extension Hummingbird.ResponseBody {
    /// A part of a stored object: the next piece is read when the client has taken the one before.
    fileprivate init(_ object: any StorageObject, _ range: Range<Int64>) {
        self.init(contentLength: Int(range.count)) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try await object.read(at: offset, count: Int(min(256 * 1024, range.upperBound - offset)))
                guard piece.readableBytes > 0 else {
                    // The head is sent: to close the connection is all that tells the client.
                    throw StorageError(.failed, at: .root, "an object ended before its length")
                }
                try await writer.write(piece)
                offset += Int64(piece.readableBytes)
            }
            try await writer.finish(nil)
        }
    }
}
