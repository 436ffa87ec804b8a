public import HTTPTypes
public import NIOCore
public import RegistryCore

/// An answer. The transport adds `Content-Length` from the body, `Date` and what concerns the connection.
public struct Response: Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// The header fields.
    public var headers: HTTPFields
    /// The content. For a `HEAD` request it is that of the `GET`; the transport sends its length only.
    public var body: ResponseBody
    /// What an observer is told of the request and the answer; none of it is sent.
    public var notes = ResponseNotes()

    /// Makes an answer.
    public init(_ status: HTTPResponse.Status, headers: HTTPFields = HTTPFields(), body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The content of an answer. Its length is always known before its first byte is sent.
public enum ResponseBody: Sendable {
    /// No content.
    case empty
    /// Content in memory.
    case bytes(ByteBuffer)
    /// A part of a stored object, in bytes: sent as a region of its file where the transport can, else read piece by
    /// piece as the client takes it.
    case object(any StorageObject, Range<Int64>)

    /// The length in bytes.
    public var length: Int64 {
        switch self {
        case .empty: 0
        case .bytes(let buffer): Int64(buffer.readableBytes)
        case .object(_, let range): range.upperBound - range.lowerBound
        }
    }
}
