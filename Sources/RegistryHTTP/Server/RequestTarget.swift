import HTTPTypes

/// A request's target, [RFC 9112, 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2).
struct RequestTarget {
    /// The path and query as the client sent them, or `*`.
    var path: String
    /// The authority of an absolute target, which prevails over `Host`.
    var authority: String?

    init(parsing text: String, method: HTTPRequest.Method) throws(ProtocolFailure) {
        // Visible ASCII only, without a fragment: what else there is must be escaped.
        var bytes = text
        guard !text.isEmpty,
            bytes.withUTF8({ $0.allSatisfy { $0 >= 0x21 && $0 <= 0x7e && $0 != UInt8(ascii: "#") } })
        else {
            throw .malformed("the request's target holds a character that must be escaped")
        }
        if method == .connect {
            throw ProtocolFailure(status: .methodNotAllowed, message: "this server is not a proxy")
        }
        if text.utf8.first == UInt8(ascii: "/") {
            path = text
            return
        }
        if text == "*" {
            guard method == .options else { throw .malformed("the target * is for OPTIONS only") }
            path = text
            return
        }
        (authority, path) = try Self.splitAbsolute(text)
    }

    private static func splitAbsolute(_ text: String) throws(ProtocolFailure) -> (String, String) {
        let bytes = text.utf8
        let scheme = ["http://", "https://"].first { prefix in
            bytes.count > prefix.utf8.count
                && zip(bytes, prefix.utf8).allSatisfy { ($0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0) == $1 }
        }
        guard let scheme else { throw .malformed("the request's target is malformed") }
        let rest = text.dropFirst(scheme.count)
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = String(rest[..<end])
        guard isAuthority(authority, allowsEmpty: false) else { throw .malformed("the request's target is malformed") }
        let path = String(rest[end...])
        return (authority, path.utf8.first == UInt8(ascii: "/") ? path : "/" + path)
    }

    /// Whether a text is a host with an optional port; only its characters are checked.
    static func isAuthority(_ text: String, allowsEmpty: Bool) -> Bool {
        guard !text.isEmpty else { return allowsEmpty }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"),
                UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
                UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
                true
            default: false
            }
        }
    }
}
