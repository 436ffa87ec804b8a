import Foundation
import NIOPosix
import RegistryAuth
import RegistryCore
import Synchronization
import Testing

@Suite("A controller that goes by rules")
struct RuledControllerTests {
    static let challenge = AccessDecision.challenged([#"Basic realm="test""#])

    private func controller(_ users: any AccessController = Names(), opensBase: Bool = false) -> RuledController {
        RuledController(users: users, rules: AccessRulesSource(AccessRulesTests.rules), opensBase: opensBase)
    }

    private func access(_ action: Access.Action, _ name: String) throws -> Access {
        Access(action, to: .repository(try RepositoryName(parsing: name)))
    }

    @Test("who sends no credentials gets what anonymous callers may have, and a challenge for the rest")
    func anonymous() async throws {
        let controller = controller()
        // Some clients send an empty name and password where they have none.
        for header in [nil, "", "Basic Og==", "basic Og=="] {
            var request = AccessRequest(authorization: header, accesses: [try access(.pull, "public/a")])
            #expect(await controller.decide(request) == .granted(.anonymous))
            request.accesses.append(try access(.push, "public/a"))
            #expect(await controller.decide(request) == Self.challenge)
            request.accesses = [Access(.all, to: .catalog)]
            #expect(await controller.decide(request) == Self.challenge)
        }
    }

    @Test("the API's base asks to log in, unless it is told to be open and some rule allows anonymous callers anything")
    func base() async {
        #expect(await controller().decide(AccessRequest()) == Self.challenge)
        #expect(await controller(opensBase: true).decide(AccessRequest()) == .granted(.anonymous))
        let closed = RuledController(users: Names(), rules: AccessRulesSource(.everythingForUsers), opensBase: true)
        #expect(await closed.decide(AccessRequest()) == Self.challenge)
        #expect(await closed.decide(AccessRequest(authorization: "bob")) == .granted(Principal(name: "bob")))
    }

    @Test("a user gets what the rules allow, and is told which rule refused him or that none allows it")
    func users() async throws {
        let controller = controller()
        func decide(_ user: String, _ accesses: Access...) async -> AccessDecision {
            await controller.decide(AccessRequest(authorization: user, accesses: accesses))
        }
        let alice = AccessDecision.granted(Principal(name: "alice"))
        #expect(await decide("alice") == alice)
        #expect(await decide("alice", try access(.pull, "team/a"), try access(.push, "team/a")) == alice)
        #expect(
            await decide("alice", try access(.delete, "team/release/a"))
                == .denied("alice may not delete from team/release/a: the rule at line 30 denies it")
        )
        #expect(
            await decide("bob", try access(.pull, "public/a"), try access(.push, "public/a"))
                == .denied("bob may not push to public/a: no rule allows it")
        )
        #expect(await decide("alice", Access(.all, to: .catalog)) == alice)
        #expect(await decide("nobody", try access(.pull, "public/a")) == Self.challenge)
    }

    @Test("who shows a certificate and sends no credentials is its holder")
    func certificates() async throws {
        let controller = controller()
        var request = AccessRequest(accesses: [try access(.push, "builds/a")], certificateName: "ci")
        #expect(await controller.decide(request) == .granted(Principal(name: "certificate:ci")))
        request.accesses = []
        #expect(await controller.decide(request) == .granted(Principal(name: "certificate:ci")))
        request.accesses = [try access(.pull, "builds/a")]
        #expect(
            await controller.decide(request) == .denied("certificate:ci may not pull from builds/a: no rule allows it")
        )
        request.accesses = [try access(.push, "team/a")]
        request.authorization = "alice"
        #expect(await controller.decide(request) == .granted(Principal(name: "alice")))
    }

    @Test("where nobody can log in, a refusal is a refusal and no challenge")
    func nobody() async throws {
        let controller = controller(OpenAccess())
        #expect(await controller.decide(AccessRequest()) == .granted(.anonymous))
        let public_ = AccessRequest(accesses: [try access(.pull, "public/a")])
        #expect(await controller.decide(public_) == .granted(.anonymous))
        for header in [nil, "alice"] {
            let request = AccessRequest(authorization: header, accesses: [try access(.pull, "team/a")])
            let reason = "who did not log in may not pull from team/a: no rule allows it"
            #expect(await controller.decide(request) == .denied(reason))
        }
        let holder = AccessRequest(
            authorization: "alice",
            accesses: [try access(.push, "builds/a")],
            certificateName: "ci"
        )
        #expect(await controller.decide(holder) == .granted(Principal(name: "certificate:ci")))
    }

    @Test("a file of rules that changes is read again, and a broken one is reported once and changes nothing")
    func reloaded() async throws {
        let folder = try PasswordFolder()
        try folder.write("alice")
        let path = folder.path
        let notices = Mutex<[FileNotice]>([])
        let elapsed = Mutex(Duration.zero)
        let start = ContinuousClock.now
        let source = try await AccessRulesSource(
            file: path,
            pool: .singleton,
            now: { start + elapsed.withLock { $0 } },
            parse: { bytes in
                let user = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                guard !user.isEmpty else { throw CocoaError(.formatting) }
                return AccessRules([AccessRulesTests.rule(1, true, [.user(user)], [.pull], ["*"])])
            },
            report: { notice in notices.withLock { $0.append(notice) } }
        )
        func isAllowed(_ user: String) async -> Bool {
            elapsed.withLock { $0 += .seconds(2) }
            return await source.current().explain(user, .pull, "a").isAllowed
        }
        #expect(await isAllowed("alice"))
        try folder.write("robert")
        #expect(await isAllowed("robert"))
        #expect(!(await isAllowed("alice")))
        #expect(notices.withLock { $0 } == [.reloaded(path: path)])
        try folder.write("")
        for _ in 0..<3 { #expect(await isAllowed("robert")) }
        #expect(notices.withLock { $0.count } == 2)
        try FileManager.default.removeItem(atPath: path)
        for _ in 0..<3 { #expect(await isAllowed("robert")) }
        #expect(notices.withLock { $0.count } == 3)
        try folder.write("alice")
        #expect(await isAllowed("alice"))
    }
}

/// Takes an `Authorization` header for the user's name, save for that of `nobody`.
private struct Names: AccessController {
    func decide(_ request: AccessRequest) async -> AccessDecision {
        guard let name = request.authorization, name != "nobody" else { return RuledControllerTests.challenge }
        return .granted(Principal(name: name))
    }
}
