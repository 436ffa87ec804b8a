import HTTPTypes
import NIOHTTP1

/// A request's head that has passed every check that the decoder does not make.
struct RequestHead: Sendable {
    /// The head as a responder sees it: without `Host`, which is its authority, and without the fields that concern
    /// the connection only.
    var request: HTTPRequest
    /// The content's length in bytes; `nil` when it is chunked.
    var length: Int64?
    /// Whether the client waits for a `100 Continue`.
    var expectsContinue = false
    /// Whether the client wants to go on with the connection.
    var isPersistent: Bool
    /// Whether the client must be told that the connection goes on, as HTTP/1.0 demands.
    var isLegacy: Bool

    /// Checks and converts a head.
    ///
    /// Framing follows [RFC 9112, 6](https://www.rfc-editor.org/rfc/rfc9112#section-6); whatever two servers could
    /// read in two ways is refused.
    ///
    /// - Parameters:
    ///   - isSecure: whether the connection is encrypted.
    ///   - last: the fields of the connection's last request; those of this one afterwards.
    init(
        checking head: HTTPRequestHead,
        limits: ServerConfiguration.Limits,
        isSecure: Bool,
        after last: inout LastFields
    ) throws(ProtocolFailure) {
        isLegacy = head.version.minor == 0
        guard head.version.major == 1, head.version.minor <= 1 else {
            throw .malformed("the HTTP version is not supported")
        }
        guard let method = HTTPRequest.Method(head.method.rawValue) else {
            throw .malformed("the request's method is malformed")
        }
        guard head.uri.utf8.count <= limits.targetBytes else { throw .targetTooLong }
        let scan = try last.scan(head.headers)
        let target = try RequestTarget(parsing: head.uri, method: method)
        guard scan.host != nil || isLegacy else { throw .malformed("the Host header field is missing") }
        request = HTTPRequest(
            method: method,
            scheme: isSecure ? "https" : "http",
            authority: target.authority ?? scan.host,
            path: target.path,
            headerFields: scan.fields
        )
        if scan.isChunked {
            guard scan.length == nil else {
                throw .malformed("Content-Length and Transfer-Encoding exclude each other")
            }
            guard !isLegacy else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
            length = nil
        } else {
            length = scan.length ?? 0
        }
        // The decoder stops after a request that asks for an upgrade, so the connection can't go on.
        isPersistent = head.isKeepAlive && !scan.wantsUpgrade
        if let expectation = scan.expectation, !isLegacy {
            guard expectation.lowercased() == "100-continue" else { throw .expectation }
            expectsContinue = length != 0
        }
    }
}

/// The fields of a connection's last request, and what was read in them. A client sends the same ones with each request
/// for the same kind of thing, and they need only be compared then: of a pull with a token, whose bytes are checked one by
/// one, reading them was 19,000 of 249,000 instructions.
struct LastFields {
    private var headers = HTTPHeaders()
    private var found = FieldScan()

    /// Reads the fields of the next head.
    mutating func scan(_ headers: HTTPHeaders) throws(ProtocolFailure) -> FieldScan {
        if isLast(headers) { return found }
        var scan = FieldScan()
        try scan.read(headers)
        // Two texts with other letters than those of ASCII may be equal and have other bytes.
        self.headers = headers.allSatisfy { Self.isASCII($0.name) && Self.isASCII($0.value) } ? headers : HTTPHeaders()
        found = scan
        return scan
    }

    /// Whether a text is another one, which is ASCII, byte by byte: what is equal to it otherwise is longer.
    private static func isSame(_ text: String, _ last: String) -> Bool {
        text.utf8.count == last.utf8.count && text == last
    }

    private static func isASCII(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.allSatisfy { $0 < 0x80 } }
    }

    private func isLast(_ headers: HTTPHeaders) -> Bool {
        guard headers.count == self.headers.count, !headers.isEmpty else { return false }
        return zip(headers, self.headers).allSatisfy {
            Self.isSame($0.name, $1.name) && Self.isSame($0.value, $1.value)
        }
    }
}

/// What the fields of a head say about the connection and the framing, and the other fields.
struct FieldScan {
    var fields = HTTPFields()
    var host: String?
    var length: Int64?
    var isChunked = false
    var expectation: String?
    var wantsUpgrade = false

    mutating func read(_ headers: HTTPHeaders) throws(ProtocolFailure) {
        fields.reserveCapacity(headers.count)
        for (text, sent) in headers { try read(text, sent) }
    }

    /// Reads one field.
    mutating func read(_ text: String, _ sent: String) throws(ProtocolFailure) {
        guard let name = FieldNames.name(text) else { throw .malformed("a header field's name is malformed") }
        // Not of what frames the body: there the parser and this must not read two things into one text.
        let isFraming = name == .contentLength || name == .transferEncoding
        let value = isFraming ? sent : Self.withoutTrailingSpace(sent)
        let field = HTTPField(name: name, value: value)
        // A field changes a value that it can't have, so that its bytes are looked at once.
        guard field.value == value else { throw .malformed("a header field's value is malformed") }
        if try consume(name, value) { fields.append(field) }
    }

    /// White space behind a value is not part of it (RFC 9110 section 5.5); the parser drops only that before it.
    private static func withoutTrailingSpace(_ value: String) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let last = value.utf8.last, isSpace(last), let end = value.utf8.lastIndex(where: { !isSpace($0) }) else {
            return value
        }
        return String(value[...end])
    }

    /// Takes a field that concerns the connection.
    ///
    /// - Returns: whether the field is of interest to a responder.
    private mutating func consume(_ name: HTTPField.Name, _ value: String) throws(ProtocolFailure) -> Bool {
        switch name.canonicalName {
        case "host":
            guard host == nil else { throw .malformed("the Host header field occurs twice") }
            guard RequestTarget.isAuthority(value, allowsEmpty: true) else {
                throw .malformed("the Host header field is malformed")
            }
            host = value
            return false
        case "content-length":
            guard length == nil else { throw .malformed("the Content-Length header field occurs twice") }
            guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(value)
            else {
                throw .malformed("the Content-Length header field is malformed")
            }
            length = number
            return true
        case "transfer-encoding":
            guard !isChunked, value.lowercased() == "chunked" else {
                throw .malformed("the only Transfer-Encoding that is supported is chunked")
            }
            isChunked = true
            return false
        case "expect":
            guard expectation == nil else { throw .expectation }
            expectation = value
            return false
        case "upgrade":
            wantsUpgrade = true
            return false
        case "connection", "keep-alive", "proxy-connection":
            return false
        default:
            return true
        }
    }
}

/// The names of fields that clients of a registry send, so that most need neither be checked nor lowered again.
private enum FieldNames {
    static func name(_ text: String) -> HTTPField.Name? { known[text] ?? HTTPField.Name(text) }

    private static let known: [String: HTTPField.Name] = {
        let canonical = [
            "Host", "User-Agent", "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length",
            "Content-Type", "Content-Range", "Range", "If-None-Match", "If-Match", "Transfer-Encoding", "Expect",
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip",
            "Docker-Distribution-Api-Version", "Accept-Language", "Cache-Control",
        ]
        var names: [String: HTTPField.Name] = [:]
        for text in canonical + canonical.map({ $0.lowercased() }) {
            names[text] = HTTPField.Name(text)
        }
        return names
    }()
}
