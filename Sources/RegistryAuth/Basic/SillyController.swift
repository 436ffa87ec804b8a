/// Lets everybody in who sends an `Authorization` header, whatever it says; for development
/// ([silly](https://distribution.github.io/distribution/about/configuration/#silly)).
public struct SillyController: AccessController {
    private let challenge: BearerChallenge

    /// Makes a controller.
    ///
    /// - Parameters:
    ///   - realm: the URL of a token service that challenges name.
    ///   - service: the audience that challenges name.
    public init(realm: String, service: String) {
        challenge = BearerChallenge(realm: realm, service: service)
    }

    /// Grants everything to the user `silly` when there is a header that is not empty.
    public func decide(_ request: AccessRequest) async -> AccessDecision {
        guard request.authorization?.isEmpty ?? true else { return .granted(Principal(name: "silly")) }
        return .challenged([challenge.text(for: request.accesses)])
    }
}
