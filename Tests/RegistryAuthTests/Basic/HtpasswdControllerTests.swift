import Foundation
import RegistryAuth
import RegistryCore
import Synchronization
import Testing

@Suite("Users of a password file")
struct HtpasswdControllerTests {
    static let alice = "alice:$2y$04$H6uJ5b19HjLP61/yAamHd.kI2RObpgR1tLTy/k0iZ2zdosCYyO0su"
    static let bob = "bob:$2y$05$awBsmMypvcTRIhhAIb.6sOVyVF34F.S0HGyDcbI3.TAp.9m11rWAi"
    static let carol = "carol:$2y$06$FkQCEMl2IszADPg.re1UjenPZcSIrqb8c/9uAzyXL5ofC9gF8KKPO"
    static let challenge = AccessDecision.challenged([#"Basic realm="test""#])

    static func granted(_ name: String) -> AccessDecision { .granted(Principal(name: name)) }

    @Test("a user with his password may do everything, a password may hold colons, and nobody else may do anything")
    func users() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice, Self.bob)
        let controller = try await files.controller()
        #expect(await controller.decide("alice", "wonderland") == Self.granted("alice"))
        #expect(await controller.decide("bob", "pa:ss wörd") == Self.granted("bob"))
        for (user, password) in [("alice", "pa:ss wörd"), ("alice", ""), ("Alice", "wonderland"), ("eve", "x")] {
            #expect(await controller.decide(user, password) == Self.challenge)
        }
        let all = [
            Access(.all, to: .catalog), Access(.delete, to: .repository(try RepositoryName(parsing: "a/b"))),
        ]
        let decision = await controller.decide(
            AccessRequest(authorization: basic("alice", "wonderland"), accesses: all)
        )
        #expect(decision == Self.granted("alice"))
        #expect(files.notices.withLock { $0 } == [])
    }

    @Test("an unknown user costs one check at the file's highest cost, as much as anybody")
    func unknown() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice, Self.carol)
        // Even where the check would hold, nobody is let in by it.
        let controller = try await files.controller(verify: { _, _ in true })
        #expect(await controller.decide("eve", "x") == Self.challenge)
        #expect(await controller.decide("eve", "x") == Self.challenge)
        #expect(files.checks.withLock { $0 } == [6, 6])
    }

    @Test("what held is taken without a check for a minute; what did not hold is checked each time")
    func cached() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let controller = try await files.controller()
        for _ in 0..<5 { #expect(await controller.decide("alice", "wonderland") == Self.granted("alice")) }
        #expect(files.checks.withLock { $0.count } == 1)
        #expect(await controller.decide("alice", "wrong") == Self.challenge)
        #expect(await controller.decide("alice", "wrong") == Self.challenge)
        #expect(files.checks.withLock { $0.count } == 3)
        files.advance(.seconds(59))
        #expect(await controller.decide("alice", "wonderland") == Self.granted("alice"))
        #expect(files.checks.withLock { $0.count } == 3)
        files.advance(.seconds(1))
        #expect(await controller.decide("alice", "wonderland") == Self.granted("alice"))
        #expect(files.checks.withLock { $0.count } == 4)
    }

    @Test("no more is remembered than the bound allows, and nothing where it is 0")
    func bounded() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice, Self.carol)
        for (limit, checks) in [(2, 2), (1, 3), (0, 3)] {
            files.checks.withLock { $0 = [] }
            let controller = try await files.controller { $0.maximumCached = limit }
            #expect(await controller.decide("alice", "wonderland") == Self.granted("alice"))
            #expect(await controller.decide("carol", "secret") == Self.granted("carol"))
            #expect(await controller.decide("alice", "wonderland") == Self.granted("alice"))
            #expect(files.checks.withLock { $0.count } == checks)
        }
    }

    @Test("requests with the same credentials share one check, and beyond the bound a caller is told to come again")
    func shared() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let gate = DispatchSemaphore(value: 0)
        let verify: HtpasswdController.Verifier = { password, hash in
            gate.wait()
            return hash.matches(password)
        }
        let controller = try await files.controller({ $0.maximumChecks = 1 }, verify: verify)
        await withTaskGroup(of: AccessDecision.self) { group in
            for _ in 0..<20 { group.addTask { await controller.decide("alice", "wonderland") } }
            while files.checks.withLock({ $0.isEmpty }) { await Task.yield() }
            #expect(await controller.decide("alice", "another") == .busy)
            gate.signal()
            for await decision in group { #expect(decision == Self.granted("alice")) }
        }
        #expect(files.checks.withLock { $0.count } == 1)
        gate.signal()
        #expect(await controller.decide("alice", "another") == Self.challenge)
    }

    @Test(
        "a header that is not of the scheme is challenged, without a check",
        arguments: [
            nil, "", " ", "Basic", "Basic ", "Basic !!!!", "Basic YWxpY2U6d29uZGVybGFuZA", "Basic YWxpY2U=",
            "Basic OndvbmRlcmxhbmQ=", "Bearer YWxpY2U6d29uZGVybGFuZA==", "BasicYWxpY2U6d29uZGVybGFuZA==",
            "Basic YWxpY2U6d29u\0ZGVybGFuZA==", "Basic YWxpY2U6d29uZGVybGFuZA== x", "Basic YWxpY2U6d29uZGVybGFuZAA=",
            "Basic é", "Basic " + String(repeating: "A", count: 10240), String(repeating: "Basic ", count: 2000),
        ]
    )
    func malformed(header: String?) async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let controller = try await files.controller()
        #expect(await controller.decide(AccessRequest(authorization: header)) == Self.challenge)
        #expect(files.checks.withLock { $0 } == [])
    }

    @Test("the scheme's case and the number of spaces do not matter")
    func scheme() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let controller = try await files.controller()
        for header in ["basic YWxpY2U6d29uZGVybGFuZA==", "BASIC   YWxpY2U6d29uZGVybGFuZA=="] {
            #expect(await controller.decide(AccessRequest(authorization: header)) == Self.granted("alice"))
        }
    }

    @Test("random headers are challenged and break nothing")
    func fuzz() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let controller = try await files.controller()
        for length in 0..<500 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max) }
            for header in [
                "Basic " + Data(bytes).base64EncodedString(), "Basic " + String(decoding: bytes, as: UTF8.self),
                String(decoding: bytes, as: UTF8.self),
            ] {
                #expect(await controller.decide(AccessRequest(authorization: header)) == Self.challenge)
            }
        }
    }

    @Test("a realm is quoted, and can't break the header")
    func realm() async throws {
        let files = try PasswordFolder()
        try files.write(Self.alice)
        let controller = try await files.controller { $0.realm = "a \"b\" \\c\r\nX: y" }
        let decision = await controller.decide(AccessRequest(authorization: nil))
        #expect(decision == .challenged([#"Basic realm="a \"b\" \\cX: y""#]))
    }
}
