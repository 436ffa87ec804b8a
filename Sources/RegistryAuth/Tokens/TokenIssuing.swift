public import RegistryCore

/// Gives out the tokens that a registry takes
/// ([token authentication](https://distribution.github.io/distribution/spec/auth/token/),
/// [OAuth 2](https://distribution.github.io/distribution/spec/auth/oauth/)).
public protocol TokenIssuing: Sendable {
    /// Gives out a token, with what of the scopes the caller may have.
    ///
    /// - Throws: ``TokenRefusal``.
    func issue(_ request: TokenRequest) async throws(TokenRefusal) -> IssuedToken
}

/// What a client asks of a token service.
public struct TokenRequest: Sendable {
    /// On the strength of what.
    public enum Grant: Sendable {
        /// An `Authorization` header of a `GET` request; `nil` when there is none, which asks for an anonymous token.
        case header(String?)
        /// A user and his password in a form.
        case password(user: String, password: String)
        /// A refresh token that was given out before.
        case refreshToken(String)
    }

    /// On the strength of what.
    public var grant: Grant
    /// The audience; `nil` when the client does not say.
    public var service: String?
    /// The scopes as sent, each a text of one or more separated by spaces.
    public var scopes: [String]
    /// Whether the client wants a refresh token.
    public var wantsRefreshToken: Bool
    /// The name in the certificate that the client proved to own; `nil` when there is none.
    public var certificateName: String?

    /// Makes a request.
    public init(
        grant: Grant,
        service: String? = nil,
        scopes: [String] = [],
        wantsRefreshToken: Bool = false,
        certificateName: String? = nil
    ) {
        self.grant = grant
        self.service = service
        self.scopes = scopes
        self.wantsRefreshToken = wantsRefreshToken
        self.certificateName = certificateName
    }
}

/// What a token service gives out.
public struct IssuedToken: Sendable, Hashable {
    /// The token.
    public var token: String
    /// How long it holds, in seconds.
    public var lifetime: Int
    /// From when on.
    public var issuedAt: WallTime
    /// The scopes that it grants, separated by spaces.
    public var scope: String
    /// A token to get further ones with; `nil` when none was asked for.
    public var refreshToken: String?

    /// Makes an answer.
    public init(token: String, lifetime: Int, issuedAt: WallTime, scope: String, refreshToken: String? = nil) {
        self.token = token
        self.lifetime = lifetime
        self.issuedAt = issuedAt
        self.scope = scope
        self.refreshToken = refreshToken
    }
}

/// Why a token service gives out no token.
public enum TokenRefusal: Error, Sendable, Hashable {
    /// The credentials do not hold; the value of `WWW-Authenticate` that asks for others.
    case unauthorized(challenge: String)
    /// The request lacks something, or has something that it must not have.
    case invalidRequest(String)
    /// A scope breaks the grammar, or there are too many.
    case invalidScope(String)
    /// There are too many callers; status 429.
    case busy
    /// The service can't sign; status 503.
    case unavailable
}
