import Crypto
import Foundation
import HTTPTypes
import NIOCore
import NIOPosix
import RegistryAuth
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import RegistryToken
import Testing

@Suite("The API for the holders of tokens")
struct TokenAuthTests {
    static let base = #"Bearer realm="https://tokens.example/token",service="registry""#

    @Test("without a token everything is refused with a challenge, before anything else is looked at")
    func challenged() async throws {
        try await withTokens { registry, _ in
            for (method, path, scope) in [
                ("GET", "/v2/", ""), ("GET", "/v2/_catalog", ",scope=\"registry:catalog:*\""),
                ("GET", "/v2/a/tags/list", ",scope=\"repository:a:pull\""), ("GET", "/v2/A/manifests/x", ""),
                ("HEAD", "/v2/a/blobs/sha256:x", ",scope=\"repository:a:pull\""),
                ("PUT", "/v2/a/manifests/:::", ",scope=\"repository:a:pull,push\""),
                ("POST", "/v2/a/b/blobs/uploads/", ",scope=\"repository:a/b:pull,push\""),
                (
                    "POST", "/v2/a/blobs/uploads/?mount=sha256:x&from=b",
                    ",scope=\"repository:a:pull,push repository:b:pull\""
                ),
                ("DELETE", "/v2/a/manifests/x", ",scope=\"repository:a:delete\""),
                ("GET", "/v2/a/referrers/x", ",scope=\"repository:a:pull\""),
            ] {
                for (header, error) in [
                    ([:], ""), (["Authorization": "Basic YTpi"], ""),
                    (["Authorization": "Bearer x"], ",error=\"invalid_token\""),
                ] as [([String: String], String)] {
                    let answer = try await registry.send(method, path, header)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(
                        answer.headers.values("WWW-Authenticate") == [Self.base + scope + error],
                        "\(method) \(path)"
                    )
                    if method != "HEAD" { try expectRefusal(answer, 401, "UNAUTHORIZED") }
                }
            }
        }
    }

    @Test("a token for one repository reads it, and is told that it has too little for another")
    func granted() async throws {
        try await withTokens { registry, service in
            let digest = digest(of: "content")
            let push = try await header(service, "root", "repository:a/b:pull,push")
            let pushed = try await registry.client.request(
                "POST",
                "/v2/a/b/blobs/uploads/?digest=\(digest)",
                headers: push,
                body: "content"
            )
            #expect(pushed.status == 201)
            let pull = try await header(service, "root", "repository:a/b:pull")
            #expect(try await registry.send("GET", "/v2/", pull).status == 200)
            #expect(try await registry.send("GET", "/v2/a/b/blobs/\(digest)", pull).text == "content")
            for (method, path, scope) in [
                ("GET", "/v2/c/tags/list", "repository:c:pull"), ("GET", "/v2/_catalog", "registry:catalog:*"),
                ("POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push"),
                ("DELETE", "/v2/a/b/blobs/\(digest)", "repository:a/b:delete"),
                ("POST", "/v2/c/blobs/uploads/?mount=\(digest)&from=a/b", "repository:c:pull,push repository:a/b:pull"),
            ] {
                let answer = try await registry.send(method, path, pull)
                try expectRefusal(answer, 401, "UNAUTHORIZED")
                let challenge = Self.base + ",scope=\"\(scope)\",error=\"insufficient_scope\""
                #expect(answer.headers["WWW-Authenticate"] == challenge)
            }
            let catalog = try await header(service, "root", "registry:catalog:*")
            #expect(try await registry.send("GET", "/v2/_catalog", catalog).status == 200)
        }
    }

    @Test("a preflight needs no token, and the operator's header fields are on it and on each refusal")
    func preflight() async throws {
        try await withTokens { registry, _ in
            for path in ["/v2/", "/v2/a/b/manifests/x", "/v2/_catalog", "/v2/a/blobs/uploads/"] {
                let answer = try await registry.send(
                    "OPTIONS",
                    path,
                    ["Origin": "https://ui.example", "Access-Control-Request-Method": "GET"]
                )
                #expect(answer.status == 200)
                #expect(answer.headers["Access-Control-Allow-Origin"] == "https://ui.example")
                #expect(answer.headers["Access-Control-Allow-Headers"] == "Authorization")
                #expect(answer.headers["WWW-Authenticate"] == nil)
            }
            let refusal = try await registry.send("GET", "/v2/", ["Origin": "https://ui.example"])
            #expect(refusal.status == 401)
            #expect(refusal.headers["Access-Control-Allow-Origin"] == "https://ui.example")
        }
    }

    @Test("a challenge that names this host takes the scheme that a proxy was asked with, and https without one")
    func redirected() async throws {
        try await withTokens(redirectPath: "/auth/token") { registry, _ in
            for (scheme, realm) in [
                (nil, "https"), ("http", "http"), ("HTTPS, http", "https"), ("javascript", "https"),
            ] as [(String?, String)] {
                let headers = scheme.map { ["X-Forwarded-Proto": $0, "Host": "r.example"] } ?? ["Host": "r.example"]
                let answer = try await registry.send("GET", "/v2/", headers)
                let challenge = "Bearer realm=\"\(realm)://r.example/auth/token\",service=\"registry\""
                #expect(answer.headers["WWW-Authenticate"] == challenge)
            }
        }
    }

    private func header(_ service: TokenService, _ user: String, _ scope: String) async throws -> [String: String] {
        let token = try await service.issue(TokenRequest(grant: .header(user), scopes: [scope]))
        return ["Authorization": "Bearer \(token.token)"]
    }

    /// Runs a body on a registry and a token service whose users need no password.
    private func withTokens(
        redirectPath: String? = nil,
        _ body: (TestRegistry, TokenService) async throws -> Void
    ) async throws {
        let key = try SigningKey(pem: P256.Signing.PrivateKey().pemRepresentation)
        var options = TokenController.Options(realm: "https://tokens.example/token", service: "registry", issuer: "us")
        options.trustedKeys = [key.publicKey]
        options.redirectPath = redirectPath
        var setup = TestRegistry.Setup()
        setup.access = try await TokenController(options, pool: .singleton) { _ in }
        setup.responder.headers = [
            .accessControlAllowOrigin: "https://ui.example", .accessControlAllowHeaders: "Authorization",
        ]
        let service = TokenService(
            .init(issuer: "us", service: "registry"),
            key: key,
            users: TrustingUsers(),
            rules: AccessRulesSource(.everythingForUsers)
        )
        try await TestRegistry.run(setup) { try await body($0, service) }
    }
}

/// Takes an `Authorization` header for the user's name, save for that of `Basic`.
struct TrustingUsers: UserDirectory {
    static let challenge = #"Basic realm="users""#

    func decide(_ request: AccessRequest) async -> AccessDecision {
        guard let name = request.authorization else { return .challenged([Self.challenge]) }
        if name == "Basic YWxpY2U6YQ==" { return .granted(Principal(name: "alice")) }
        return name.hasPrefix("Basic") ? .challenged([Self.challenge]) : .granted(Principal(name: name))
    }

    func credentialStamp(of user: String) async -> String? { "a stamp" }
}
