import Crypto
import CryptoExtras
import Foundation
import RegistryAuth
import RegistryCore
import Synchronization
import Testing

@testable import RegistryToken

@Suite("The token service")
struct TokenServiceTests {
    static let rules = AccessRules(
        [
            rule(true, [.anonymous, .anyUser], [.pull], "public/**"), rule(false, [.user("eve")], [.push], "*"),
            rule(true, [.group("team")], [.pull, .push], "team/**"),
            rule(true, [.user("root")], Set(AccessRules.Action.allCases), "*"),
            rule(true, [.user("certificate:ci")], [.pull], "team/*"),
        ],
        groups: ["team": ["alice", "eve"]]
    )

    private static func rule(
        _ allows: Bool,
        _ subjects: [AccessRules.Subject],
        _ actions: Set<AccessRules.Action>,
        _ pattern: String
    ) -> AccessRules.Rule {
        let patterns = [RepositoryPattern(pattern)].compactMap { $0 }
        return .init(allows: allows, subjects: subjects, actions: actions, repositories: patterns, line: 1)
    }

    static func keys() throws -> [String] {
        [
            P256.Signing.PrivateKey().pemRepresentation, P384.Signing.PrivateKey().pemRepresentation,
            P521.Signing.PrivateKey().pemRepresentation, try TestKey.rsaKey.key.pemRepresentation,
            pem(ed25519: Curve25519.Signing.PrivateKey()),
        ]
    }

    private static func pem(ed25519 key: Curve25519.Signing.PrivateKey) -> String {
        let prefix: [UInt8] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]
        let text = Data(prefix + Array(key.rawRepresentation)).base64EncodedString()
        return "-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n"
    }

    /// A service and the controller of a registry that trusts it.
    private func service(
        _ bench: TokenBench,
        key pem: String? = nil,
        users: Users = Users()
    ) async throws -> (TokenService, TokenController) {
        let key = try SigningKey(pem: pem ?? P256.Signing.PrivateKey().pemRepresentation)
        let service = TokenService(
            .init(issuer: TokenBench.issuer, service: TokenBench.service),
            key: key,
            users: users,
            rules: AccessRulesSource(Self.rules),
            now: { WallTime(seconds: bench.now) }
        )
        return (service, try await bench.controller { $0.trustedKeys = [key.publicKey] })
    }

    @Test("what a user is given lets him in, by each type of key, without a bundle or a key set")
    func roundTrip() async throws {
        for pem in try Self.keys() {
            let bench = try TokenBench()
            let (service, controller) = try await service(bench, key: pem)
            let token = try await service.issue(
                TokenRequest(
                    grant: .header("Basic alice:a"),
                    service: TokenBench.service,
                    scopes: ["repository:team/x:pull,push,delete"]
                )
            )
            #expect(token.scope == "repository:team/x:pull,push")
            #expect(token.lifetime == 300)
            #expect(token.issuedAt == WallTime(seconds: bench.now))
            #expect(await controller.decide(token.token) == granted)
            #expect(
                await controller.decide(token.token, try repository("team/x"), try repository("team/x", .push))
                    == granted
            )
            #expect(await controller.decide(token.token, try repository("team/x", .delete)) != granted)
            #expect(await controller.decide(token.token, try repository("team/y")) != granted)
            bench.advance(361)
            #expect(await controller.decide(token.token) == invalid)
        }
    }

    @Test(
        "a caller is granted what of his scopes the rules allow",
        arguments: [
            (nil, ["repository:public/a:pull,push"], "repository:public/a:pull"),
            (nil, ["repository:team/a:pull"], ""),
            (
                "alice", ["repository:team/a:pull repository:public/b:pull", "repository:team/a:push"],
                "repository:team/a:pull,push repository:public/b:pull"
            ),
            ("eve", ["repository:team/a:*"], "repository:team/a:pull"),
            ("alice", ["registry:catalog:*"], ""), ("root", ["registry:catalog:*"], "registry:catalog:*"),
            ("root", ["registry:catalog:pull"], ""), ("root", ["registry:other:*"], ""),
            ("root", ["repository:a/b:*"], "repository:a/b:pull,push,delete"),
            ("root", ["repository(plugin):a/b:pull"], "repository(plugin):a/b:pull"),
            ("root", ["repository:host.example:5000/a:pull"], ""), ("root", ["repository:UPPER:pull"], ""),
            ("root", ["repository:a:admin", "repository:a:"], ""), ("root", ["unknown:a:pull"], ""), ("root", [], ""),
        ] as [(String?, [String], String)]
    )
    func scopes(_ user: String?, _ scopes: [String], _ expected: String) async throws {
        let bench = try TokenBench()
        let (service, _) = try await service(bench)
        let grant = TokenRequest.Grant.header(user.map { "Basic \($0):\($0.prefix(1))" })
        #expect(try await service.issue(TokenRequest(grant: grant, scopes: scopes)).scope == expected)
    }

    @Test("the holder of a certificate is known by it, unless he logs in")
    func certificate() async throws {
        let bench = try TokenBench()
        let (service, controller) = try await service(bench)
        var request = TokenRequest(grant: .header(nil), scopes: ["repository:team/x:pull,push"], certificateName: "ci")
        request.wantsRefreshToken = true
        let token = try await service.issue(request)
        #expect(token.scope == "repository:team/x:pull")
        #expect(token.refreshToken == nil)
        #expect(await controller.decide(token.token) == .granted(Principal(name: "certificate:ci")))
        request.grant = .header("Basic Og==")
        #expect(try await service.issue(request).scope == "repository:team/x:pull")
        request.grant = .header("Basic alice:a")
        #expect(try await service.issue(request).scope == "repository:team/x:pull,push")
    }

    @Test("credentials that do not hold, another service, broken scopes and too many are refused")
    func refused() async throws {
        let bench = try TokenBench()
        let (service, _) = try await service(bench)
        let many = (0..<101).map { "repository:a\($0):pull" }.joined(separator: " ")
        let cases: [(TokenRequest, TokenRefusal)] = [
            (.init(grant: .header("Basic alice:b")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .header("Bearer x")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .password(user: "alice", password: "b")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .password(user: "", password: "")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .password(user: "a:b", password: "a")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .refreshToken("x")), .unauthorized(challenge: Users.challenge)),
            (.init(grant: .header("busy")), .busy),
            (.init(grant: .header(nil), service: "other"), .invalidRequest("there is no service of that name here")),
        ]
        for (request, refusal) in cases {
            await #expect(throws: refusal) { try await service.issue(request) }
        }
        for scope in ["a", "repository:pull", "repository::pull", ":a:pull", "a b:c:d", "repository(:a:pull", many] {
            await #expect(throws: TokenRefusal.self, "\(scope)") {
                try await service.issue(TokenRequest(grant: .header(nil), scopes: [scope]))
            }
        }
    }

    @Test("a refresh token gets tokens until the user's credentials change, and is no token itself")
    func refresh() async throws {
        let bench = try TokenBench()
        let users = Users()
        let (service, controller) = try await service(bench, users: users)
        let grants: [TokenRequest.Grant] = [.header("Basic alice:a"), .password(user: "alice", password: "a")]
        for grant in grants {
            #expect(try await service.issue(TokenRequest(grant: grant)).refreshToken == nil)
            let first = try await service.issue(TokenRequest(grant: grant, wantsRefreshToken: true))
            let refresh = try #require(first.refreshToken)
            #expect(await controller.decide(refresh) == invalid)
            #expect(bench.lastFailure == .audience)
            await #expect(throws: TokenRefusal.self) {
                try await service.issue(.init(grant: .refreshToken(first.token)))
            }
            bench.advance(86_400)
            let again = try await service.issue(
                .init(grant: .refreshToken(refresh), scopes: ["repository:team/x:pull"])
            )
            #expect(await controller.decide(again.token, try repository("team/x")) == granted)
            #expect(again.refreshToken == nil)
        }
        let refresh = try #require(
            try await service.issue(.init(grant: grants[0], wantsRefreshToken: true)).refreshToken
        )
        #expect(
            try await service.issue(.init(grant: .refreshToken(refresh), wantsRefreshToken: true)).refreshToken
                == refresh
        )
        let (other, _) = try await self.service(bench)
        await #expect(throws: TokenRefusal.self) { try await other.issue(.init(grant: .refreshToken(refresh))) }
        users.stamp.withLock { $0 = "another" }
        await #expect(throws: TokenRefusal.self) { try await service.issue(.init(grant: .refreshToken(refresh))) }
        users.stamp.withLock { $0 = "a stamp" }
        _ = try await service.issue(.init(grant: .refreshToken(refresh)))
        users.stamp.withLock { $0 = nil }
        await #expect(throws: TokenRefusal.self) { try await service.issue(.init(grant: .refreshToken(refresh))) }
        users.stamp.withLock { $0 = "a stamp" }
        bench.advance(31 * 86_400)
        await #expect(throws: TokenRefusal.self) { try await service.issue(.init(grant: .refreshToken(refresh))) }
    }

    @Test("what is no private key is refused")
    func noKey() throws {
        for text in [
            "", "x", P256.Signing.PrivateKey().publicKey.pemRepresentation,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            #expect(throws: KeyFileError.self) { try SigningKey(pem: text) }
        }
    }
}

/// Users whose password is the first letter of their names, in a header without base64 as well.
private final class Users: UserDirectory {
    static let challenge = #"Basic realm="users""#
    let stamp = Mutex<String?>("a stamp")

    func decide(_ request: AccessRequest) async -> AccessDecision {
        if request.authorization == "busy" { return .busy }
        guard let text = request.authorization, text.hasPrefix("Basic ") else { return .challenged([Self.challenge]) }
        let plain = Data(base64Encoded: String(text.dropFirst(6))).map { String(decoding: $0, as: UTF8.self) }
        let parts = (plain ?? String(text.dropFirst(6))).split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1] == parts[0].prefix(1) else { return .challenged([Self.challenge]) }
        return .granted(Principal(name: String(parts[0])))
    }

    func credentialStamp(of user: String) async -> String? { stamp.withLock { $0 } }
}
