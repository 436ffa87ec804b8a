import Foundation
import NIOPosix
import RegistryAuth
import Synchronization

/// A folder with a password file, and what a controller on it does.
final class PasswordFolder: Sendable {
    let folder: URL
    let path: String
    /// What was reported, in order.
    let notices = Mutex<[HtpasswdController.Notice]>([])
    /// The costs of the checks that were made, in order.
    let checks = Mutex<[Int]>([])
    /// How far the controller's clock has been moved.
    private let elapsed = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "registry-auth-\(UUID().uuidString)")
        path = folder.appending(path: "htpasswd").path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ lines: String...) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: path), options: .atomic)
    }

    func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }

    /// Makes a controller whose checks are counted and whose clock only moves with ``advance(_:)``.
    func controller(
        _ change: (inout HtpasswdController.Options) -> Void = { _ in },
        verify: HtpasswdController.Verifier? = nil
    ) async throws -> HtpasswdController {
        var options = HtpasswdController.Options(realm: "test", path: path)
        change(&options)
        return try await HtpasswdController(
            options,
            pool: .singleton,
            report: { notice in self.notices.withLock { $0.append(notice) } },
            verify: { password, hash in
                self.checks.withLock { $0.append(hash.cost) }
                return verify?(password, hash) ?? hash.matches(password)
            },
            now: { self.start + self.elapsed.withLock { $0 } }
        )
    }
}

extension HtpasswdController {
    /// Decides on the base of the API, for a user and password.
    func decide(_ user: String, _ password: String) async -> AccessDecision {
        await decide(AccessRequest(authorization: basic(user, password)))
    }
}

/// The value of an `Authorization` header.
func basic(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
}
