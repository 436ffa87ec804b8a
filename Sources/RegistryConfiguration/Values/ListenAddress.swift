/// A TCP address to listen on or to connect to, as Go writes it: `host:port`, `:port`, `[::1]:port`.
public struct ListenAddress: Sendable, Hashable {
    /// The host's name or address, without brackets; empty means all addresses.
    public let host: String
    /// The port; 0 lets the system choose.
    public let port: Int

    /// Parses an address; `nil` when it isn't one. `http` and `https` are known as ports.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") || host.contains("[") || host.contains("]") {
            return nil
        }
        guard !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        switch portText {
        case "http": port = 80
        case "https": port = 443
        default:
            guard portText.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
                let number = UInt16(portText)
            else { return nil }
            port = Int(number)
        }
        self.host = String(host)
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The form `host:port`, brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The parts of an `http` or `https` URL that a configuration's checks look at.
struct WebAddress {
    let scheme: String
    let host: String
    /// The text before the userinfo's password and after it; `nil` when there is no password.
    let aroundPassword: (before: String, after: String)?

    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[separator.upperBound...]
        guard !rest.contains(where: { $0.isWhitespace || $0.isNewline }) else { return nil }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var hostAndPort = authority
        var around: (before: String, after: String)?
        if let at = authority.lastIndex(of: "@") {
            hostAndPort = authority[authority.index(after: at)...]
            if let colon = authority[..<at].firstIndex(of: ":") {
                around = (String(text[...colon]), String(text[at...]))
            }
        }
        aroundPassword = around
        if hostAndPort.hasPrefix("[") || hostAndPort.contains(":") {
            guard hostAndPort.hasSuffix("]") || ListenAddress(String(hostAndPort)) != nil else { return nil }
        }
        host = String(hostAndPort)
        guard !host.isEmpty, !host.hasPrefix(":") else { return nil }
    }
}

extension ListenAddress {
    /// Where a server listens when nobody said: port 5000, on the loopback address only.
    static let loopback = ListenAddress(host: "127.0.0.1", port: 5000)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
