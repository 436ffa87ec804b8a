import Foundation
import RegistryAuth
import Synchronization
import Testing

@Suite("A password file that changes or is missing")
struct PasswordFileChangeTests {
    typealias Users = HtpasswdControllerTests

    @Test("a change counts within a second, also for a password that is remembered")
    func change() async throws {
        let files = try PasswordFolder()
        try files.write(Users.alice)
        let controller = try await files.controller()
        #expect(await controller.decide("alice", "wonderland") == Users.granted("alice"))
        try files.write(Users.carol, "broken")
        #expect(await controller.decide("alice", "wonderland") == Users.granted("alice"))
        files.advance(.seconds(1))
        #expect(await controller.decide("alice", "wonderland") == Users.challenge)
        #expect(await controller.decide("carol", "secret") == Users.granted("carol"))
        let notices = files.notices.withLock { $0 }
        #expect(notices.first == .reloaded(path: files.path, users: 1))
        guard case .unusableLine(files.path, 2, _)? = notices.last, notices.count == 2 else {
            Issue.record("\(notices)")
            return
        }
    }

    @Test("a file that is gone is told once, and its users stay until it is back")
    func gone() async throws {
        let files = try PasswordFolder()
        try files.write(Users.alice)
        let controller = try await files.controller()
        try FileManager.default.removeItem(atPath: files.path)
        for _ in 0..<3 {
            files.advance(.seconds(1))
            #expect(await controller.decide("alice", "wonderland") == Users.granted("alice"))
        }
        let notices = files.notices.withLock { $0 }
        #expect(notices.count == 1)
        guard case .unreadable(files.path, _)? = notices.first else {
            Issue.record("\(notices)")
            return
        }
        try files.write(Users.carol)
        files.advance(.seconds(1))
        #expect(await controller.decide("alice", "wonderland") == Users.challenge)
        #expect(await controller.decide("carol", "secret") == Users.granted("carol"))
    }

    @Test("a missing file is made, for its owner only, with a user docker whose password is told once")
    func created() async throws {
        let files = try PasswordFolder()
        let path = files.folder.appending(path: "a/b/users").path
        let controller = try await files.controller { $0.path = path }
        let notices = files.notices.withLock { $0 }
        guard case .created(path, "docker", let password)? = notices.first, notices.count == 1 else {
            Issue.record("\(notices)")
            return
        }
        #expect(try Regex("[A-Za-z0-9_-]{43}").wholeMatch(in: password) != nil)
        #expect(try mode(path) == 0o600)
        #expect(try mode(files.folder.appending(path: "a").path) == 0o700)
        #expect(try mode(files.folder.appending(path: "a/b").path) == 0o700)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try Regex(#"docker:\$2y\$10\$[./A-Za-z0-9]{53}\n"#).wholeMatch(in: text) != nil)
        #expect(await controller.decide("docker", password) == Users.granted("docker"))

        let second = try await files.controller { $0.path = path }
        #expect(await second.decide("docker", password) == Users.granted("docker"))
        #expect(files.notices.withLock { $0.count } == 1)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test("where the file can be neither read nor made, there is no controller")
    func impossible() async throws {
        let files = try PasswordFolder()
        try files.write(Users.alice)
        await #expect(throws: PasswordFileError.self) {
            _ = try await files.controller { $0.path = files.path + "/below-a-file" }
        }
        await #expect(throws: PasswordFileError.self) {
            _ = try await files.controller { $0.path = files.folder.path }
        }
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
    }
}

@Suite("Anybody who sends a header")
struct SillyControllerTests {
    let controller = SillyController(realm: "https://tokens.test/\"x\"", service: "registry")

    @Test("any header that is not empty counts")
    func granted() async {
        for header in ["x", "Basic !", "Bearer y"] {
            let decision = await controller.decide(AccessRequest(authorization: header))
            #expect(decision == .granted(Principal(name: "silly")))
        }
    }

    @Test("without one, the challenge names realm, service and what was wanted", arguments: [nil, ""])
    func challenged(header: String?) async {
        let start = #"Bearer realm="https://tokens.test/\"x\"",service="registry""#
        #expect(await controller.decide(AccessRequest(authorization: header)) == .challenged([start]))
        let decision = await controller.decide(
            AccessRequest(authorization: header, accesses: [Access(.all, to: .catalog)])
        )
        #expect(decision == .challenged([start + #",scope="registry:catalog:*""#]))
    }
}
