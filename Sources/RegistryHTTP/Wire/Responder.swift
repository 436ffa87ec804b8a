public import HTTPTypes

/// What answers requests: the boundary between a transport and the registry.
///
/// The server in this library, a test in memory and a program's own server all call it in the same way.
public protocol Responder: Sendable {
    /// Answers one request. It never throws: a refusal is an answer too.
    ///
    /// The body may be read as far as the responder wants; the transport disposes of the rest.
    ///
    /// - Parameters:
    ///   - request: the head. Its path is as the client sent it, not decoded.
    ///   - body: the content.
    ///   - peer: who is at the other end.
    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response
}

/// The other end of a connection.
public struct Peer: Sendable, Hashable {
    /// The address and port, such as `127.0.0.1:40212`; `nil` where there is none, as for a Unix socket.
    public var address: String?
    /// Whether the connection is encrypted.
    public var isSecure: Bool
    /// The subject's common name in the certificate that the client proved to own, once a configured authority was
    /// found behind it; `nil` when there is none, or none was asked for.
    public var certificateName: String?

    /// Makes a description of the other end.
    public init(address: String? = nil, isSecure: Bool = false, certificateName: String? = nil) {
        self.address = address
        self.isSecure = isSecure
        self.certificateName = certificateName
    }
}
