public import NIOCore

/// The content of a request, read once and in order. The transport reads its socket no faster than this is read.
public struct RequestBody: Sendable {
    /// The length that the head announced in bytes; `nil` when the content is chunked, 0 when there is none.
    public let length: Int64?

    private let pull: @Sendable () async throws -> ByteBuffer?

    /// Makes a body.
    ///
    /// - Parameters:
    ///   - length: the announced length in bytes; `nil` when it is not known.
    ///   - next: gives the next bytes, never an empty buffer; `nil` at the end, and again if it is asked again. It
    ///     throws ``RequestBodyError`` when the content breaks off. It is never called by two tasks at once.
    public init(length: Int64?, next: @escaping @Sendable () async throws -> ByteBuffer?) {
        self.length = length
        pull = next
    }

    /// The next bytes; `nil` at the end.
    ///
    /// - Throws: ``RequestBodyError`` when the content breaks off.
    public func next() async throws -> ByteBuffer? { try await pull() }

    /// No content.
    public static let empty = RequestBody(length: 0) { nil }
}

/// Why a request's content broke off.
public enum RequestBodyError: Error, Hashable, Sendable {
    /// The client closed the connection.
    case disconnected
    /// The client sent nothing, or too slowly, for longer than the server waits.
    case timedOut
    /// The content's framing is not HTTP.
    case malformed
}
