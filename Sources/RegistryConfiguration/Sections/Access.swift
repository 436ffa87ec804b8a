extension Configuration {
    /// `registryd.access`: who may do what, for the users of `auth.htpasswd` and the holders of client certificates.
    public struct Access: Sendable, Hashable {
        /// The access file; `nil` when everybody who may call may do everything.
        public var file: String?
        /// Whether `GET /v2/` is answered to who did not log in, if some rule allows him anything.
        public var opensBase: Bool

        init(_ section: Section?) {
            file = section?.optionalString("file")
            opensBase = section?.bool("openbase") ?? false
        }
    }

    /// `registryd.token`: a token service of this server.
    public struct TokenService: Sendable, Hashable {
        /// The file with the private key that signs tokens, in PEM.
        public var key: String
        /// The issuer that tokens name; that of `auth.token` where it isn't set.
        public var issuer: String
        /// The audience that tokens are for; that of `auth.token` where it isn't set.
        public var service: String
        /// The path of the service.
        public var path: String
        /// The password file of its users.
        public var passwordFile: String
        /// The name that clients show to their users when they ask for a password.
        public var realm: String
        /// How long a token holds.
        public var lifetime: Duration
        /// How long a refresh token holds; zero gives none out.
        public var refreshLifetime: Duration

        init?(_ section: Section?, _ auth: Auth) {
            guard let section, let key = section.optionalString("key") else { return nil }
            var token: Auth.Token?
            if case .token(let parameters) = auth { token = parameters }
            self.key = key
            issuer = section.optionalString("issuer") ?? token?.issuer ?? ""
            service = section.optionalString("service") ?? token?.service ?? ""
            path = section.string("path")
            passwordFile = section.string("htpasswd")
            realm = section.string("realm")
            lifetime = section.duration("lifetime")
            refreshLifetime = section.duration("refreshlifetime")
        }
    }

    /// The settings of ``access`` and ``tokenService``, to be passed to
    /// ``load(file:contents:environment:strict:extensions:)``.
    public static let accessSettings: [Setting] = [
        .group("access", [.string("file", default: nil), .bool("openbase", default: false)]),
        .group(
            "token",
            [
                .string("key", default: nil),
                .string("issuer", default: nil),
                .string("service", default: nil),
                Setting("path", .string(.rooted), default: "/token"),
                .string("htpasswd", default: nil),
                .string("realm", default: "registry"),
                Setting("lifetime", .duration(60_000_000_000...86_400_000_000_000, needsUnit: true), default: "5m"),
                .duration("refreshlifetime", default: "720h"),
            ]
        ),
    ]

    /// Who may do what, where ``accessSettings`` were passed.
    public var access: Access { Access(own.section("access")) }

    /// The token service; `nil` when there is none, or ``accessSettings`` were not passed.
    public var tokenService: TokenService? { TokenService(own.section("token"), auth) }
}
