public import RegistryAuth
package import RegistryCore

/// A token service: gives tokens to the users of a password file, to holders of client certificates and to anonymous
/// callers, each with what of the scopes that he asked for the rules allow him.
///
/// A refresh token is a token of its own kind, for an audience that no registry has. It ends when the user's line in the
/// password file changes or goes. Nothing is stored, so that any number of replicas with the same key serve one another's
/// tokens.
public final class TokenService: TokenIssuing {
    /// What a service is told.
    public struct Options: Sendable {
        /// The issuer that tokens name.
        public var issuer: String
        /// The audience that tokens are for: the registry's `auth.token.service`.
        public var service: String
        /// How long a token holds, in seconds; clients ask again for each pull, and some go on for as long as one lasts.
        public var lifetime = 300
        /// How long a refresh token holds, in seconds; 0 gives none out.
        public var refreshLifetime = 30 * 86_400

        /// The defaults.
        public init(issuer: String, service: String) {
            self.issuer = issuer
            self.service = service
        }
    }

    private let options: Options
    private let users: any UserDirectory
    private let rules: AccessRulesSource
    private let text: TokenText
    private let now: @Sendable () -> WallTime

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - options: what tokens say.
    ///   - key: what signs them; the registry trusts its public key.
    ///   - users: who can log in.
    ///   - rules: who may do what.
    public convenience init(_ options: Options, key: SigningKey, users: any UserDirectory, rules: AccessRulesSource) {
        self.init(options, key: key, users: users, rules: rules, now: WallTime.now)
    }

    package init(
        _ options: Options,
        key: SigningKey,
        users: any UserDirectory,
        rules: AccessRulesSource,
        now: @escaping @Sendable () -> WallTime
    ) {
        self.options = options
        self.users = users
        self.rules = rules
        self.now = now
        text = TokenText(key: key)
    }

    /// Gives out a token.
    ///
    /// - Throws: ``TokenRefusal``.
    public func issue(_ request: TokenRequest) async throws(TokenRefusal) -> IssuedToken {
        if let service = request.service, !service.isEmpty, service != options.service {
            throw .invalidRequest("there is no service of that name here")
        }
        guard let scopes = TokenScope.parse(request.scopes) else {
            throw .invalidScope("a scope is type:name:action,action, and there are at most 100")
        }
        let caller = try await caller(request)
        let rules = await rules.current()
        let granted = scopes.compactMap { Self.granted($0, to: caller.name, rules) }
        let now = now()
        do {
            let token = try text.signed(
                .init(
                    issuer: options.issuer,
                    subject: caller.name ?? "",
                    audience: options.service,
                    issuedAt: now.seconds,
                    expiration: now.seconds + Int64(options.lifetime),
                    identifier: Self.identifier(),
                    access: granted
                ),
                type: "JWT"
            )
            return IssuedToken(
                token: token,
                lifetime: options.lifetime,
                issuedAt: now,
                scope: granted.map(\.description).joined(separator: " "),
                refreshToken: request.wantsRefreshToken ? try await refreshToken(caller, request.grant, now) : nil
            )
        } catch {
            throw .unavailable
        }
    }
}

// MARK: - Who is calling

extension TokenService {
    private struct Caller {
        var name: String?
        /// Whether he proved to know a user's password, now or when his refresh token was made.
        var isUser = false
    }

    private func caller(_ request: TokenRequest) async throws(TokenRefusal) -> Caller {
        switch request.grant {
        case .header(let authorization):
            if let authorization, !isEmptyAuthorization(authorization) { return try await user(authorization) }
            return Caller(name: request.certificateName.flatMap { Principal(certificateName: $0).name })
        case .password(let user, let password):
            guard !user.isEmpty, !user.contains(":") else { throw .unauthorized(challenge: await challenge()) }
            let credentials = Base64URL.encode(Array("\(user):\(password)".utf8))
            return try await self.user("Basic \(credentials.replacing("-", with: "+").replacing("_", with: "/"))")
        case .refreshToken(let token):
            guard let name = await holder(of: token) else { throw .unauthorized(challenge: await challenge()) }
            return Caller(name: name, isUser: true)
        }
    }

    private func user(_ authorization: String) async throws(TokenRefusal) -> Caller {
        switch await users.decide(AccessRequest(authorization: authorization)) {
        case .granted(let principal): return Caller(name: principal.name, isUser: principal.name != nil)
        case .challenged(let challenges): throw .unauthorized(challenge: challenges.first ?? Self.challenge)
        case .denied: throw .unauthorized(challenge: Self.challenge)
        case .busy: throw .busy
        }
    }

    private static let challenge = #"Basic realm="token service""#

    /// The challenge of the users' controller, with its realm.
    private func challenge() async -> String {
        guard case .challenged(let challenges) = await users.decide(AccessRequest()), let first = challenges.first
        else {
            return Self.challenge
        }
        return first
    }
}

// MARK: - Refresh tokens

extension TokenService {
    private static let refreshType = "refresh+jwt"

    /// An audience that no registry has: a service's name in a configuration has no line break.
    private var refreshAudience: String { "\(options.service)\nrefresh" }

    private func refreshToken(_ caller: Caller, _ grant: TokenRequest.Grant, _ now: WallTime) async throws -> String? {
        if case .refreshToken(let token) = grant { return token }
        guard caller.isUser, let user = caller.name, options.refreshLifetime > 0,
            let stamp = await users.credentialStamp(of: user)
        else { return nil }
        return try text.signed(
            .init(
                issuer: options.issuer,
                subject: user,
                audience: refreshAudience,
                issuedAt: now.seconds,
                expiration: now.seconds + Int64(options.refreshLifetime),
                identifier: Self.identifier(),
                credentialStamp: stamp
            ),
            type: Self.refreshType
        )
    }

    /// The user that a refresh token was made for; `nil` when it does not hold, or no longer.
    private func holder(of token: String) async -> String? {
        guard token.utf8.count <= 8192,
            let signed = try? SignedToken(parsing: token, accepting: [text.key.algorithm]),
            signed.header["typ"]?.string == Self.refreshType,
            text.key.publicKey.isValid(signed.signature, signed.algorithm, for: signed.content)
        else { return nil }
        let claims = signed.claims
        do {
            try claims.check(issuer: options.issuer, service: refreshAudience)
            try claims.check(now: now().seconds, leeway: 0)
        } catch {
            return nil
        }
        guard let stamp = claims.credentialStamp, stamp == (await users.credentialStamp(of: claims.subject)) else {
            return nil
        }
        return claims.subject
    }

    private static func identifier() -> String {
        var generator = SystemRandomNumberGenerator()
        return UnpaddedBase64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}

// MARK: - What is granted

extension TokenService {
    /// What of a scope the rules allow; `nil` when it is nothing. On a repository `*` asks for everything, and is
    /// answered with the actions, since a registry takes them literally.
    private static func granted(_ scope: TokenScope, to user: String?, _ rules: AccessRules) -> TokenScope? {
        var granted = scope
        switch (scope.type, scope.name) {
        case ("registry", "catalog"):
            granted.actions =
                scope.actions.contains("*") && rules.explain(user, .catalog, "").isAllowed ? ["*"] : []
        case ("repository", let name):
            guard (try? RepositoryName(parsing: name)) != nil else { return nil }
            let wanted: [AccessRules.Action] = [.pull, .push, .delete]
            granted.actions = wanted.filter { action in
                (scope.actions.contains(action.rawValue) || scope.actions.contains("*"))
                    && rules.explain(user, action, name).isAllowed
            }.map(\.rawValue)
        default: return nil
        }
        return granted.actions.isEmpty ? nil : granted
    }
}
