import HTTPTypes
import NIOHPACK

/// A request's head on a stream of HTTP/2, with every check that the protocol's own handler does not make.
struct HTTP2RequestHead: Sendable {
    /// The head as a responder sees it; as of HTTP/1, without the fields that concern the connection only.
    var request: HTTPRequest
    /// The content's length in bytes; `nil` when it is not announced.
    var length: Int64?
    /// Whether the client waits for a `100 Continue`.
    var expectsContinue = false

    /// Checks and converts a head, [RFC 9113, 8.3.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1).
    ///
    /// - Parameters:
    ///   - isComplete: whether the request has no content.
    ///   - isSecure: whether the connection is encrypted.
    init(
        checking headers: HPACKHeaders,
        isComplete: Bool,
        limits: ServerConfiguration.Limits,
        isSecure: Bool
    ) throws(ProtocolFailure) {
        guard headers.count <= limits.headerFields else { throw .headTooLarge }
        var pseudo = PseudoFields()
        var scan = FieldScan()
        for (name, value, _) in headers {
            if name.utf8.first == UInt8(ascii: ":") {
                try pseudo.read(name, value)
            } else {
                try scan.read(name, value)
            }
        }
        guard let method = pseudo.method.flatMap({ HTTPRequest.Method($0) }) else {
            throw .malformed("the request's method is malformed")
        }
        request = HTTPRequest(
            method: method,
            scheme: isSecure ? "https" : "http",
            authority: try Self.authority(pseudo.authority, scan.host),
            path: try Self.path(pseudo.path, method, limits),
            headerFields: scan.fields
        )
        length = isComplete ? 0 : scan.length
        if let expectation = scan.expectation {
            guard expectation.lowercased() == "100-continue" else { throw .expectation }
            expectsContinue = !isComplete && length != 0
        }
    }

    private static func path(
        _ text: String?,
        _ method: HTTPRequest.Method,
        _ limits: ServerConfiguration.Limits
    ) throws(ProtocolFailure) -> String {
        let text = text ?? ""
        guard text.utf8.count <= limits.targetBytes else { throw .targetTooLong }
        let target = try RequestTarget(parsing: method == .connect ? "/" : text, method: method)
        guard target.authority == nil else { throw .malformed("the request's path is malformed") }
        return target.path
    }

    /// The authority; a `Host` field stands in for it, and must not contradict it.
    private static func authority(_ text: String?, _ host: String?) throws(ProtocolFailure) -> String {
        guard let authority = text ?? host else { throw .malformed("the authority is missing") }
        guard RequestTarget.isAuthority(authority, allowsEmpty: text == nil) else {
            throw .malformed("the authority is malformed")
        }
        guard host == nil || host == authority else { throw .malformed("Host and the authority are not the same") }
        return authority
    }
}

/// The fields of a head that are no header fields. The protocol's handler has made sure that none occurs twice.
private struct PseudoFields {
    var method: String?
    var path: String?
    var authority: String?

    mutating func read(_ name: String, _ value: String) throws(ProtocolFailure) {
        switch name {
        case ":method": method = value
        case ":path": path = value
        case ":authority": authority = value
        case ":scheme": break
        default: throw .malformed("the request has a pseudo-header field that is not supported")
        }
    }
}
