import ArgumentParser
import Logging
import NIOPosix
import RegistryAuth
import RegistryConfiguration

extension Composition {
    /// Who may call (`auth`).
    ///
    /// - Parameter passwords: where passwords are checked.
    /// - Throws: when a password file can be neither read nor made; for `auth.token`, which is not available yet.
    static func access(
        _ configuration: Configuration,
        passwords: NIOThreadPool,
        logger: Logger
    ) async throws -> any AccessController {
        switch configuration.auth {
        case .none: return OpenAccess()
        case .silly(let realm, let service): return SillyController(realm: realm, service: service)
        case .htpasswd(let realm, let path):
            return try await HtpasswdController(.init(realm: realm, path: path), pool: passwords) { notice in
                log(notice, logger)
            }
        case .token: throw ExitCode.failure
        }
    }

    private static func log(_ notice: HtpasswdController.Notice, _ logger: Logger) {
        switch notice {
        case .created(let path, let user, let password):
            logger.warning(
                "the password file was missing and has been made",
                metadata: ["path": "\(path)", "user": "\(user)", "password": "\(password)"]
            )
        case .unusableLine(let path, let line, let reason):
            logger.error("a line of the password file is not used: \(reason)", metadata: ["at": "\(path):\(line)"])
        case .reloaded(let path, let users):
            logger.info("the password file was read again", metadata: ["path": "\(path)", "users": "\(users)"])
        case .unreadable(let path, let reason):
            logger.error(
                "the password file can't be read; what it held before holds",
                metadata: ["path": "\(path)", "error": "\(reason)"]
            )
        }
    }
}
