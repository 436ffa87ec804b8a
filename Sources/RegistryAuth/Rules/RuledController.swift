/// Lets callers do what rules allow them, once another controller has found out who they are.
///
/// Who sends no credentials is the holder of his client certificate, else anonymous. Anonymous callers get what the
/// rules allow them, and a challenge for the rest; known callers are told which rule refused them.
public struct RuledController: AccessController {
    private let users: any AccessController
    private let rules: AccessRulesSource
    private let opensBase: Bool

    /// Makes a controller.
    ///
    /// - Parameters:
    ///   - users: finds out who is calling, such as an `HtpasswdController`; it is asked about no accesses. Where it is
    ///     `OpenAccess`, callers without a certificate are anonymous.
    ///   - rules: who may do what.
    ///   - opensBase: whether the API's base (`GET /v2/`) is answered to anonymous callers, if some rule allows them
    ///     anything. Docker's engine pulls without a login from nothing else; but most clients look nowhere else to
    ///     learn that they can log in, so that nobody can push with them then.
    public init(users: any AccessController, rules: AccessRulesSource, opensBase: Bool = false) {
        self.users = users
        self.rules = rules
        self.opensBase = opensBase
    }

    /// Decides by the rules.
    public func decide(_ request: AccessRequest) async -> AccessDecision {
        let rules = await rules.current()
        if let authorization = request.authorization, !isEmptyAuthorization(authorization) {
            let decision = await users.decide(asking(request, authorization))
            guard case .granted(let principal) = decision else { return decision }
            // Where nobody can log in, credentials say nothing.
            if principal.name != nil { return Self.decide(principal, request.accesses, rules) }
        }
        if let name = request.certificateName {
            return Self.decide(Principal(certificateName: name), request.accesses, rules)
        }
        return await anonymous(request, rules)
    }

    private func anonymous(_ request: AccessRequest, _ rules: AccessRules) async -> AccessDecision {
        let isBase = request.accesses.isEmpty
        let isAllowed =
            isBase
            ? opensBase && rules.mentionsAnonymous : request.accesses.allSatisfy { rules.explain(nil, $0).isAllowed }
        if isAllowed { return .granted(.anonymous) }
        let decision = await users.decide(asking(request, nil))
        // Where nobody can log in, there is nothing to challenge with.
        guard decision.isGranted else { return decision }
        return isBase ? .granted(.anonymous) : Self.decide(.anonymous, request.accesses, rules)
    }

    private func asking(_ request: AccessRequest, _ authorization: String?) -> AccessRequest {
        var request = request
        request.accesses = []
        request.authorization = authorization
        return request
    }

    private static func decide(
        _ principal: Principal,
        _ accesses: [Access],
        _ rules: AccessRules
    ) -> AccessDecision {
        for access in accesses {
            let verdict = rules.explain(principal.name, access)
            guard !verdict.isAllowed else { continue }
            let caller = principal.name ?? "who did not log in"
            let reason = verdict.rule.map { "the rule at line \($0.line) denies it" } ?? "no rule allows it"
            switch access.resource {
            case .catalog: return .denied("\(caller) may not list the repositories: \(reason)")
            case .repository(let name): return .denied("\(caller) may not \(access.action.verb) \(name): \(reason)")
            }
        }
        return .granted(principal)
    }
}

extension Principal {
    /// The holder of a client certificate: a name that no user of a password file can have, for the colon in it.
    public init(certificateName name: String) { self.init(name: "certificate:\(name)") }
}

extension AccessDecision {
    fileprivate var isGranted: Bool {
        if case .granted = self { true } else { false }
    }
}

extension Access.Action {
    fileprivate var verb: String {
        switch self {
        case .pull: "pull from"
        case .push: "push to"
        case .delete: "delete from"
        case .all: "do everything to"
        }
    }
}
