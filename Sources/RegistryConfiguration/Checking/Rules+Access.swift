extension Rules {
    mutating func checkAccess() {
        checkAuth()
        checkAccessFile()
        checkTokenService()
    }

    private mutating func checkAuth() {
        let kinds = value("auth")?.entries ?? []
        if kinds.count > 1 {
            let names = kinds.map(\.key).sorted().joined(separator: " ")
            error("auth.\(kinds.last?.key ?? "")", "must provide exactly one type. Provided: [\(names)]")
        }
        let token = section("auth.token")
        if value("auth.token") != nil, token.optionalString("rootcertbundle") == nil,
            token.optionalString("jwks") == nil, text("registryd.token.key").isEmpty
        {
            missing("auth.token.jwks", "there is no key to check tokens with", expected: "rootcertbundle or jwks")
        }
    }

    private mutating func checkAccessFile() {
        guard !text("registryd.access.file").isEmpty else {
            if isSet("registryd.access.openbase") {
                warning("registryd.access.openbase", "has no effect without registryd.access.file")
            }
            return
        }
        if value("auth.silly") != nil {
            error("registryd.access.file", "auth.silly knows no users to have rules for", expected: "auth.htpasswd")
        }
        if value("auth.token") != nil, text("registryd.token.key").isEmpty {
            warning("registryd.access.file", "has no effect with auth.token: the token service decides")
        }
    }

    private mutating func checkTokenService() {
        guard let service = value("registryd.token") else { return }
        guard !text("registryd.token.key").isEmpty else {
            for entry in service.entries ?? [] where isSet("registryd.token.\(entry.key)") {
                missing("registryd.token.key", "is missing and registryd.token.\(entry.key) is set")
                break
            }
            return
        }
        for key in ["issuer", "service"] {
            let own = text("registryd.token.\(key)")
            let other = text("auth.token.\(key)")
            if own.isEmpty, other.isEmpty {
                missing("registryd.token.\(key)", "is missing and registryd.token.key is set")
            }
            if !own.isEmpty, !other.isEmpty, own != other {
                error("registryd.token.\(key)", "'\(own)' is not that of auth.token", expected: other)
            }
        }
        if text("registryd.token.htpasswd").isEmpty {
            missing(
                "registryd.token.htpasswd",
                "is missing and registryd.token.key is set",
                expected: "a password file"
            )
        }
        if text("registryd.token.path").isEmpty || text("registryd.token.path") == "/" {
            error("registryd.token.path", "is the path of the registry itself", expected: "a path such as /token")
        }
    }
}
