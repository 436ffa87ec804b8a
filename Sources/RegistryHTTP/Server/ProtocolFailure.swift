import HTTPTypes
import NIOCore
import NIOHTTP1
import RegistryCore

/// A request that is refused before any responder sees it, because it is not HTTP or exceeds a limit.
///
/// The answer says `Connection: close`, and nothing that follows on the connection is interpreted.
struct ProtocolFailure: Error, Equatable {
    var status: HTTPResponse.Status
    var message: String

    static func malformed(_ message: String) -> ProtocolFailure { .init(status: .badRequest, message: message) }

    static let incomplete = malformed("the request ends early")
    static let headTooLarge = ProtocolFailure(
        status: .requestHeaderFieldsTooLarge,
        message: "the request's header fields are too large or too many"
    )
    static let targetTooLong = ProtocolFailure(status: .uriTooLong, message: "the request's target is too long")
    static let timedOut = ProtocolFailure(
        status: .requestTimeout,
        message: "the request did not arrive within the time allowed"
    )
    static let expectation = ProtocolFailure(
        status: .expectationFailed,
        message: "the only expectation that can be met is 100-continue"
    )

    /// The failure that a decoder's error stands for.
    init(decoding error: any Error) {
        self =
            switch error {
            case HTTPParserError.headerOverflow: .headTooLarge
            case HTTPParserError.invalidEOFState: .incomplete
            case HTTPParserError.invalidMethod: .malformed("the request's method is not known")
            case HTTPParserError.invalidVersion: .malformed("the HTTP version is not supported")
            case HTTPParserError.invalidURL: .malformed("the request's target is malformed")
            case HTTPParserError.invalidHeaderToken: .malformed("a header field is malformed")
            case HTTPParserError.invalidContentLength, HTTPParserError.unexpectedContentLength:
                .malformed("the request's Content-Length is malformed or ambiguous")
            case HTTPParserError.invalidChunkSize: .malformed("a chunk's size is malformed")
            default: .malformed("the request is malformed")
            }
    }

    init(status: HTTPResponse.Status, message: String) {
        self.status = status
        self.message = message
    }

    /// The answer, with the body that the specification gives errors.
    var response: Response {
        let code: ErrorCode = status.code == 405 || status.code == 417 ? .unsupported : .unknown
        var headers: HTTPFields = [.contentType: "application/json", .dockerAPIVersion: "registry/2.0"]
        // RFC 9110, 15.5.6: an answer of this status lists the methods; no endpoint is known here, so all of them.
        if status.code == 405 { headers[.allow] = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT" }
        return Response(
            status,
            headers: headers,
            // The messages are constants of ours without a character that JSON escapes.
            body: .bytes(
                ByteBuffer(string: #"{"errors":[{"code":"\#(code.rawValue)","message":"\#(message)"}]}"# + "\n")
            )
        )
    }
}
