internal import HTTPTypes

/// Builds the URLs that a client is sent to, so that they lead back to this server from where the client is: behind
/// proxies, under a prefix, by another name.
struct PublicURL: Sendable {
    /// What stands before `/v2/`: a scheme and a host, a prefix, both, or nothing.
    let base: String

    /// - Parameters:
    ///   - request: the request that is answered.
    ///   - path: its path, decoded.
    ///   - isSecure: whether it came over TLS.
    ///   - options: how the server is configured.
    init(for request: HTTPRequest, path: String, isSecure: Bool, options: RegistryResponder.Options) {
        if let host = options.externalURL {
            base = host
            return
        }
        let prefix = Self.prefix(of: path)
        if options.usesRelativeURLs {
            base = prefix
            return
        }
        let (forwardedScheme, forwardedHost) = Self.forwarded(request.headerFields)
        guard let host = forwardedHost ?? request.authority, Self.isHost(host) else {
            base = prefix
            return
        }
        let scheme = forwardedScheme ?? (isSecure ? "https" : "http")
        let outer = request.headerFields[.forwardedPrefix].flatMap(Self.validPrefix) ?? ""
        base = "\(scheme)://\(host)\(outer)\(prefix)"
    }

    func manifest(_ name: String, _ reference: String) -> String { "\(base)/v2/\(name)/manifests/\(reference)" }

    func blob(_ name: String, _ digest: String) -> String { "\(base)/v2/\(name)/blobs/\(digest)" }

    func upload(_ name: String, _ id: String, token: String) -> String {
        // The padding of base64, at its end, is the only character of a token that a query must escape. By bytes: by
        // characters it was a tenth of a small push.
        let padding = token.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let escaped = String(repeating: "%3D", count: padding)
        return "\(base)/v2/\(name)/blobs/uploads/\(id)?_state=\(Substring(token.utf8.dropLast(padding)))\(escaped)"
    }

    /// What stands in a path before the API.
    private static func prefix(of path: String) -> String {
        var end = path.utf8.startIndex
        let marker = Array("/v2/".utf8)
        while end < path.utf8.endIndex {
            if path.utf8[end...].starts(with: marker) { return String(path[..<end]) }
            end = path.utf8.index(after: end)
        }
        return ""
    }

    /// The scheme and host that a proxy says the client used: `Forwarded` (RFC 7239) before `X-Forwarded-…`.
    private static func forwarded(_ headers: HTTPFields) -> (scheme: String?, host: String?) {
        if let forwarded = headers[.forwarded] {
            var (scheme, host): (String?, String?)
            let first = forwarded.prefix { $0 != "," }
            for pair in first.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                let value = unquoted(parts[1])
                switch trimmed(parts[0]).lowercased() {
                case "proto": scheme = validScheme(value)
                case "host": host = value
                default: continue
                }
            }
            return (scheme, host)
        }
        let scheme = headers[.forwardedProto].flatMap { validScheme(trimmed($0.prefix { $0 != "," })) }
        var host = headers[.forwardedHost].map { trimmed($0.prefix { $0 != "," }) }
        if let name = host, !name.hasSuffix("]"), !name.contains(":") || name.hasPrefix("["),
            let port = headers[.forwardedPort].flatMap({ UInt16(trimmed($0[...])) }), !isDefault(port, of: scheme)
        {
            host = "\(name):\(port)"
        }
        return (scheme, host)
    }

    private static func isDefault(_ port: UInt16, of scheme: String?) -> Bool {
        scheme == "https" ? port == 443 : port == 80
    }

    private static func validScheme(_ text: String) -> String? {
        let scheme = text.lowercased()
        return scheme == "http" || scheme == "https" ? scheme : nil
    }

    private static func validPrefix(_ text: String) -> String? {
        let bare = text.hasSuffix("/") ? text.dropLast() : text[...]
        guard bare.utf8.first == UInt8(ascii: "/"), !bare.contains("//"), bare.utf8.allSatisfy(isPathByte) else {
            return nil
        }
        return String(bare)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "<")
            && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
    }

    /// Whether a text can be a host and a port in a URL: a client must not be able to write a URL of its own into ours.
    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 300
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var view = Array(text.utf8)[...]
        while let first = view.first, first == 0x20 || first == 0x09 { view = view.dropFirst() }
        while let last = view.last, last == 0x20 || last == 0x09 { view = view.dropLast() }
        return String(decoding: view, as: UTF8.self)
    }

    private static func unquoted(_ text: Substring) -> String {
        let bare = trimmed(text)
        return bare.count >= 2 && bare.hasPrefix("\"") && bare.hasSuffix("\"")
            ? String(bare.dropFirst().dropLast()) : bare
    }
}
