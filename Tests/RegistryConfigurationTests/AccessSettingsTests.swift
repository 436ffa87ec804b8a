import Testing

@testable import RegistryConfiguration

@Suite("Our own settings of access")
struct AccessSettingsTests {
    private static let base = "version: 0.1\nstorage: inmemory\n"

    private func read(_ text: String, _ environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration
    {
        try Configuration.load(
            contents: Self.base + text,
            environment: environment,
            extensions: Configuration.accessSettings
        )
    }

    private func diagnostics(_ text: String) -> [String] {
        diagnosticTexts { () throws(ConfigurationError) in try read(text) }
    }

    @Test("there are none where nothing is written")
    func none() throws {
        let configuration = try read("")
        #expect(configuration.access.file == nil)
        #expect(!configuration.access.opensBase)
        #expect(configuration.tokenService == nil)
        #expect(try Configuration.load(contents: Self.base).access.file == nil)
    }

    @Test("an access file is named by the file or the environment")
    func file() throws {
        let text = "auth: {htpasswd: {realm: r, path: /p}}\nregistryd: {access: {file: /a.yml, openbase: true}}"
        let configuration = try read(text, ["REGISTRY_REGISTRYD_ACCESS_FILE": "/b.yml"])
        #expect(configuration.access.file == "/b.yml")
        #expect(configuration.access.opensBase)
        #expect(configuration.warnings.isEmpty)
    }

    @Test("a token service takes the issuer and the audience of auth.token, whose own keys it makes needless")
    func service() throws {
        let configuration = try read(
            """
            auth: {token: {realm: "https://r/token", service: s, issuer: i}}
            registryd: {token: {key: /k.pem, htpasswd: /p, lifetime: 10m}}
            """
        )
        let service = try #require(configuration.tokenService)
        #expect(service.issuer == "i" && service.service == "s" && service.path == "/token")
        #expect(service.key == "/k.pem" && service.passwordFile == "/p" && service.realm == "registry")
        #expect(service.lifetime == .seconds(600) && service.refreshLifetime == .seconds(30 * 86_400))
    }

    @Test(
        "what does not go together is told",
        arguments: [
            (
                "auth: {token: {realm: r, service: s, issuer: i}}",
                "auth.token.jwks: there is no key to check tokens with"
            ),
            ("auth: {silly: {realm: r, service: s}}\nregistryd: {access: {file: /a}}", "auth.silly knows no users"),
            (
                "auth: {token: {realm: r, service: s, issuer: i, jwks: /j}}\nregistryd: {access: {file: /a}}",
                "registryd.access.file: has no effect with auth.token"
            ),
            ("registryd: {access: {openbase: true}}", "registryd.access.openbase: has no effect without"),
            ("registryd: {token: {issuer: i}}", "registryd.token.key: is missing and registryd.token.issuer is set"),
            ("registryd: {token: {key: /k, issuer: i, htpasswd: /p}}", "registryd.token.service: is missing"),
            ("registryd: {token: {key: /k, issuer: i, service: s}}", "registryd.token.htpasswd: is missing"),
            (
                "registryd: {token: {key: /k, issuer: i, service: s, htpasswd: /p, path: /}}",
                "registryd.token.path: is the path of"
            ),
            (
                "registryd: {token: {key: /k, issuer: i, service: s, htpasswd: /p, path: t}}",
                "registryd.token.path: 't'; expected a path"
            ),
            (
                "registryd: {token: {key: /k, issuer: i, service: s, htpasswd: /p, lifetime: 5s}}",
                "registryd.token.lifetime"
            ),
            (
                "auth: {token: {realm: r, service: s, issuer: i}}\nregistryd: {token: {key: /k, issuer: j, htpasswd: /p}}",
                "registryd.token.issuer: 'j' is not that of auth.token; expected i"
            ),
            ("registryd: {acess: {file: /a}}", "did you mean access"),
        ]
    )
    func wrong(_ text: String, _ expected: String) {
        let found = diagnostics(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }
}
