extension Configuration {
    /// `auth`: who may call.
    public enum Auth: Sendable, Hashable {
        /// Everybody.
        case none
        /// Whoever sends an Authorization header; for development.
        case silly(realm: String, service: String)
        /// The users of a password file.
        case htpasswd(realm: String, path: String)
        /// The holders of tokens that a token service signs.
        case token(Token)

        /// Parameters of tokens.
        public struct Token: Sendable, Hashable {
            /// The token service's URL, which challenges name.
            public var realm: String
            /// The audience of tokens.
            public var service: String
            /// The issuer of tokens.
            public var issuer: String
            /// The file of certificates whose keys sign tokens.
            public var rootCertificateBundle: String?
            /// The file of keys that sign tokens, a JSON Web Key Set.
            public var jwks: String?
            /// Whether challenges name this server's own host instead of the realm.
            public var autoRedirects: Bool
            /// The path that such challenges name.
            public var autoRedirectPath: String
            /// The signature algorithms that are accepted; empty means all that are known.
            public var signingAlgorithms: [String]

            init(_ section: Section) {
                realm = section.string("realm")
                service = section.string("service")
                issuer = section.string("issuer")
                rootCertificateBundle = section.optionalString("rootcertbundle")
                jwks = section.optionalString("jwks")
                autoRedirects = section.bool("autoredirect")
                autoRedirectPath = section.string("autoredirectpath")
                signingAlgorithms = section.strings("signingalgorithms")
            }
        }

        init(_ section: Section?) {
            if let token = section?.section("token") {
                self = .token(Token(token))
            } else if let htpasswd = section?.section("htpasswd") {
                self = .htpasswd(realm: htpasswd.string("realm"), path: htpasswd.string("path"))
            } else if let silly = section?.section("silly") {
                self = .silly(realm: silly.string("realm"), service: silly.string("service"))
            } else {
                self = .none
            }
        }
    }
}
