import HTTPTypes
import NIOPosix
import RegistryAuth
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("The API under rules of access")
struct RuledAccessTests {
    private static let alice = ["Authorization": "alice"]

    private static func rule(
        _ allows: Bool,
        _ subject: AccessRules.Subject,
        _ actions: Set<AccessRules.Action>,
        _ pattern: String,
        _ line: Int
    )
        -> AccessRules.Rule
    {
        let patterns = [RepositoryPattern(pattern)].compactMap { $0 }
        return .init(allows: allows, subjects: [subject], actions: actions, repositories: patterns, line: line)
    }

    private static let rules = AccessRules([
        rule(true, .anonymous, [.pull], "public/*", 3), rule(false, .anyUser, [.delete], "*", 6),
        rule(true, .user("alice"), [.pull, .push], "*", 9),
    ])

    private func withRules(_ body: (TestRegistry) async throws -> Void) async throws {
        var setup = TestRegistry.Setup()
        setup.access = RuledController(users: TrustingUsers(), rules: AccessRulesSource(Self.rules))
        try await TestRegistry.run(setup, body)
    }

    @Test("anonymous callers pull where a rule lets them, and are asked to log in elsewhere")
    func anonymous() async throws {
        try await withRules { registry in
            let digest = digest(of: "content")
            let target = "/v2/public/a/blobs/uploads/?digest=\(digest)"
            let refused = try await registry.client.request("POST", target, body: "content")
            try expectRefusal(refused, 401, "UNAUTHORIZED")
            let pushed = try await registry.client.request("POST", target, headers: Self.alice, body: "content")
            #expect(pushed.status == 201)
            #expect(try await registry.send("GET", "/v2/public/a/blobs/\(digest)").text == "content")
            for path in ["/v2/", "/v2/_catalog", "/v2/private/a/blobs/\(digest)"] {
                let answer = try await registry.send("GET", path)
                try expectRefusal(answer, 401, "UNAUTHORIZED")
                #expect(answer.headers["WWW-Authenticate"] == TrustingUsers.challenge)
            }
        }
    }

    @Test("a user without the right is refused with the rule's line, or that there is none")
    func denied() async throws {
        try await withRules { registry in
            let deletion = try await registry.send("DELETE", "/v2/a/manifests/x", Self.alice)
            try expectRefusal(deletion, 403, "DENIED")
            #expect(deletion.text.contains("alice may not delete from a: the rule at line 6 denies it"))
            #expect(deletion.headers["WWW-Authenticate"] == nil)
            let bob = try await registry.send("GET", "/v2/a/tags/list", ["Authorization": "bob"])
            try expectRefusal(bob, 403, "DENIED")
            #expect(bob.text.contains("bob may not pull from a: no rule allows it"))
            #expect(try await registry.send("GET", "/v2/", ["Authorization": "bob"]).status == 200)
            try expectRefusal(try await registry.send("GET", "/v2/_catalog", Self.alice), 403, "DENIED")
        }
    }

    @Test("the name in a client's certificate reaches the rules")
    func certificate() async throws {
        let rules = AccessRules([Self.rule(true, .user("certificate:ci"), [.pull], "*", 1)])
        let responder = RegistryResponder(
            registry: Registry(driver: MemoryDriver(), hashing: ThreadPoolTaskExecutor(.singleton)),
            access: RuledController(users: TrustingUsers(), rules: AccessRulesSource(rules)),
            options: .init(uploadSecret: [1])
        )
        for (name, method, status) in [
            ("ci", HTTPRequest.Method.get, 404), ("ci", .delete, 403), ("other", .get, 403), (nil, .get, 401),
        ] as [(String?, HTTPRequest.Method, Int)] {
            let request = HTTPRequest(method: method, scheme: "https", authority: "r", path: "/v2/a/manifests/x")
            let response = await responder.respond(
                to: request,
                body: .empty,
                from: Peer(isSecure: true, certificateName: name)
            )
            #expect(response.status.code == status)
        }
    }
}
