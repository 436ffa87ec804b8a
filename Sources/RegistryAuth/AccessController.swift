/// Decides who is calling and what he may do.
///
/// It knows nothing of HTTP servers: it is given what a request says of its caller and the accesses that the request
/// needs, and answers a principal or a challenge.
public protocol AccessController: Sendable {
    /// Decides on a request. Called by many requests at once.
    func decide(_ request: AccessRequest) async -> AccessDecision
}

/// What an access controller is told of a request.
public struct AccessRequest: Sendable, Hashable {
    /// The value of the `Authorization` header; `nil` when there is none.
    public var authorization: String?
    /// All that the request needs; empty for the API's base, which still wants valid credentials.
    public var accesses: [Access]
    /// The host that the client asked, for a challenge that names it; `nil` when unknown.
    public var host: String?
    /// The scheme that a proxy in front says the client used (`X-Forwarded-Proto`); `nil` when none says so.
    public var forwardedScheme: String?
    /// The name in the certificate that the client proved to own; `nil` when there is none.
    public var certificateName: String?

    /// Makes a request; what is left out is not there.
    public init(
        authorization: String? = nil,
        accesses: [Access] = [],
        host: String? = nil,
        forwardedScheme: String? = nil,
        certificateName: String? = nil
    ) {
        self.authorization = authorization
        self.accesses = accesses
        self.host = host
        self.forwardedScheme = forwardedScheme
        self.certificateName = certificateName
    }
}

/// What an access controller decided.
public enum AccessDecision: Sendable, Hashable {
    /// The caller may do all that he wants.
    case granted(Principal)
    /// The caller must log in, or log in as somebody else: status 401, and the values of `WWW-Authenticate`.
    case challenged([String])
    /// The caller is known and may not: status 403, and why.
    case denied(String)
    /// There are too many callers to find out who this one is; he may try again soon: status 429.
    case busy
}

/// Lets everybody do everything.
public struct OpenAccess: AccessController {
    /// Makes a controller.
    public init() {}

    /// Grants.
    public func decide(_ request: AccessRequest) async -> AccessDecision { .granted(.anonymous) }
}
