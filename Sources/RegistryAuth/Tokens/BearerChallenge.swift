/// The challenge that sends a client to a token service
/// ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).
public struct BearerChallenge: Sendable, Hashable {
    /// What was wrong with a token that came along.
    public enum Failure: String, Sendable, Hashable {
        /// It does not hold.
        case invalidToken = "invalid_token"
        /// It holds, and does not grant what the request needs.
        case insufficientScope = "insufficient_scope"
    }

    /// The URL of the token service.
    public var realm: String
    /// The audience that the token must be for.
    public var service: String

    /// Makes a challenge.
    public init(realm: String, service: String) {
        self.realm = realm
        self.service = service
    }

    /// The value of `WWW-Authenticate` for what a request needs.
    ///
    /// The actions on one resource are joined, in the order of the request; the replaced server writes them in any.
    public func text(for accesses: [Access], failure: Failure? = nil) -> String {
        var text = "Bearer realm=\(quotedString(realm)),service=\(quotedString(service))"
        var scopes: [(resource: Access.Resource, actions: [String])] = []
        for access in accesses {
            if let index = scopes.firstIndex(where: { $0.resource == access.resource }) {
                guard !scopes[index].actions.contains(access.action.rawValue) else { continue }
                scopes[index].actions.append(access.action.rawValue)
            } else {
                scopes.append((access.resource, [access.action.rawValue]))
            }
        }
        if !scopes.isEmpty {
            let parts = scopes.map { scope in
                "\(scope.resource.type):\(scope.resource.name):\(scope.actions.joined(separator: ","))"
            }
            text += ",scope=\(quotedString(parts.joined(separator: " ")))"
        }
        if let failure { text += ",error=\(quotedString(failure.rawValue))" }
        return text
    }
}
