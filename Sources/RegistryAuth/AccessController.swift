/// Decides who is calling and what he may do.
///
/// It knows nothing of HTTP servers: it is given the value of an `Authorization` header and the accesses that the
/// request needs, and answers a principal or a challenge.
public protocol AccessController: Sendable {
    /// Decides on a request.
    ///
    /// - Parameters:
    ///   - authorization: the value of the `Authorization` header; `nil` when there is none.
    ///   - accesses: all that the request needs; empty for the API's base, which still wants valid credentials.
    ///   - host: the host that the client asked, for a challenge that names it; `nil` when unknown.
    func decide(authorization: String?, wanting accesses: [Access], host: String?) async -> AccessDecision
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
    public func decide(authorization: String?, wanting accesses: [Access], host: String?) async -> AccessDecision {
        .granted(.anonymous)
    }
}
