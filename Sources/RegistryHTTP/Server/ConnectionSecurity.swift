public import NIOCore

/// What encrypts a server's connections: the seam between this library, which knows no cryptography, and one that
/// does, such as `RegistryTLS`.
public protocol ConnectionSecurity: Sendable {
    /// Puts handlers at the front of a new connection's pipeline that turn its bytes into plain text and back.
    ///
    /// It is called on the connection's event loop, before the connection is active. The handlers read from the
    /// channel, which does not read by itself, until the handshake is done.
    ///
    /// - Parameters:
    ///   - channel: the connection.
    ///   - applicationProtocols: the names to offer by ALPN
    ///     ([RFC 7301](https://www.rfc-editor.org/rfc/rfc7301)), the preferred one first.
    /// - Returns: what was agreed on. It succeeds on the connection's event loop before the first plain byte is
    ///   passed on, since only then the handlers that take it are added. When it fails the connection is closed.
    /// - Throws: when the handlers can't be added.
    func secure(
        _ channel: any Channel,
        offering applicationProtocols: [String]
    ) throws -> EventLoopFuture<SecuredConnection>
}

/// What a handshake agreed on.
public struct SecuredConnection: Sendable, Hashable {
    /// The protocol that ALPN chose, such as `h2`; `nil` when the client offered none that suits.
    public var applicationProtocol: String?
    /// The subject's common name in the client's certificate, when a configured authority was found behind it.
    public var certificateName: String?

    /// Makes a result.
    public init(applicationProtocol: String? = nil, certificateName: String? = nil) {
        self.applicationProtocol = applicationProtocol
        self.certificateName = certificateName
    }
}
