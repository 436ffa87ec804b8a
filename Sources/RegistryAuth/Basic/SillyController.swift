/// Lets everybody in who sends an `Authorization` header, whatever it says; for development
/// ([silly](https://distribution.github.io/distribution/about/configuration/#silly)).
public struct SillyController: AccessController {
    private let challenge: String

    /// Makes a controller.
    ///
    /// - Parameters:
    ///   - realm: the URL of a token service that challenges name.
    ///   - service: the audience that challenges name.
    public init(realm: String, service: String) {
        challenge = "Bearer realm=\(quotedString(realm)),service=\(quotedString(service))"
    }

    /// Grants everything to the user `silly` when there is a header that is not empty.
    public func decide(authorization: String?, wanting accesses: [Access], host: String?) async -> AccessDecision {
        guard authorization?.isEmpty ?? true else { return .granted(Principal(name: "silly")) }
        guard !accesses.isEmpty else { return .challenged([challenge]) }
        let scopes = accesses.map { "\($0.resourceType):\($0.resourceName):\($0.action.rawValue)" }
        return .challenged([challenge + ",scope=\(quotedString(scopes.joined(separator: " ")))"])
    }
}
