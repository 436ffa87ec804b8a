internal import HTTPTypes

/// Whose word about the client is taken: that of `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)) and of
/// the `X-Forwarded-…` fields.
public enum ProxyTrust: Sendable, Hashable {
    /// Everybody's, as the replaced server does: right where nobody but a proxy reaches the port.
    case everybody
    /// That of connections from these addresses only; a Unix socket's, whose owner decided who may write to it, too.
    case networks([NetworkRange])

    /// Whether the fields of a connection's requests count.
    func trusts(_ peer: Peer) -> Bool {
        guard case .networks(let networks) = self, let address = peer.ipAddress else { return true }
        return networks.contains { $0.contains(address) }
    }
}

extension HTTPRequest {
    /// The request without what a proxy would have said about the client.
    var withoutForwarding: HTTPRequest {
        var request = self
        for name in HTTPField.Name.forwardings { request.headerFields[name] = nil }
        return request
    }

    /// The client's address as the proxies before this server tell it: the first of `X-Forwarded-For`, else
    /// `X-Real-Ip`, as the replaced server reads them; `nil` when neither holds an address.
    var forwardedAddress: String? { address(in: .forwardedFor) ?? address(in: .realIP) }

    private func address(in name: HTTPField.Name) -> String? {
        guard let text = headerFields.value(of: name)?.prefix(while: { $0 != "," }) else { return nil }
        let address = String(text).filter { $0 != " " && $0 != "\t" }
        return NetworkRange(address) != nil && !address.contains("/") ? address : nil
    }
}

extension Peer {
    /// The address without its port; `nil` for a Unix socket.
    var ipAddress: String? {
        guard let address else { return nil }
        if address.hasPrefix("["), let end = address.firstIndex(of: "]") {
            return String(address[address.index(after: address.startIndex)..<end])
        }
        return String(address.prefix { $0 != ":" })
    }
}
