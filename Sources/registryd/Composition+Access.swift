import ArgumentParser
import Foundation
import Logging
import NIOPosix
import RegistryAuth
import RegistryConfiguration
import RegistryHTTP
import RegistryToken

extension Composition {
    /// Who may call and do what (`auth`, `registryd.access`), and the token service (`registryd.token`).
    ///
    /// - Parameter passwords: where passwords are checked and files are read.
    /// - Throws: when a file of users, keys or rules can't be used.
    static func accessControl(
        _ configuration: Configuration,
        passwords: NIOThreadPool,
        logger: Logger
    ) async throws -> (access: any AccessController, tokens: TokenEndpoint?) {
        let rules = try await accessRules(configuration, pool: passwords, logger: logger)
        let key = try configuration.tokenService.map {
            try SigningKey(pem: String(contentsOfFile: $0.key, encoding: .utf8))
        }
        var tokens: TokenEndpoint?
        if let service = configuration.tokenService, let key {
            let users = try await users(realm: service.realm, path: service.passwordFile, passwords, logger)
            var options = TokenService.Options(issuer: service.issuer, service: service.service)
            options.lifetime = Int(service.lifetime.components.seconds)
            options.refreshLifetime = Int(service.refreshLifetime.components.seconds)
            let fallback = AccessRulesSource(.everythingForUsers)
            let issuer = TokenService(options, key: key, users: users, rules: rules ?? fallback)
            tokens = TokenEndpoint(path: service.path, issuer: issuer)
        }
        let opensBase = configuration.access.opensBase
        switch configuration.auth {
        case .none:
            return (
                rules.map { RuledController(users: OpenAccess(), rules: $0, opensBase: opensBase) } ?? OpenAccess(),
                tokens
            )
        case .silly(let realm, let service):
            return (SillyController(realm: realm, service: service), tokens)
        case .htpasswd(let realm, let path):
            let users = try await users(realm: realm, path: path, passwords, logger)
            return (rules.map { RuledController(users: users, rules: $0, opensBase: opensBase) } ?? users, tokens)
        case .token(let parameters):
            return (try await tokenController(parameters, key?.publicKey, pool: passwords, logger: logger), tokens)
        }
    }

    private static func accessRules(
        _ configuration: Configuration,
        pool: NIOThreadPool,
        logger: Logger
    ) async throws -> AccessRulesSource? {
        guard let path = configuration.access.file else { return nil }
        return try await AccessRulesSource(file: path, pool: pool) { content in
            try AccessRules(file: path, contents: content)
        } report: { notice in
            log(notice, logger)
        }
    }

    private static func tokenController(
        _ parameters: Configuration.Auth.Token,
        _ key: TokenKey?,
        pool: NIOThreadPool,
        logger: Logger
    ) async throws -> TokenController {
        var options = TokenController.Options(
            realm: parameters.realm,
            service: parameters.service,
            issuer: parameters.issuer
        )
        options.certificateBundle = parameters.rootCertificateBundle
        options.keySet = parameters.jwks
        options.trustedKeys = key.map { [$0] } ?? []
        options.redirectPath = parameters.autoRedirects ? parameters.autoRedirectPath : nil
        if !parameters.signingAlgorithms.isEmpty {
            options.algorithms = Set(parameters.signingAlgorithms.compactMap(SigningAlgorithm.init(rawValue:)))
        }
        return try await TokenController(options, pool: pool) { notice in
            switch notice {
            case .file(let notice): log(notice, logger)
            case .unusedKey(let path, let reason):
                logger.warning("a key of the key set is not used: \(reason)", metadata: ["path": "\(path)"])
            case .refused(let failure): logger.info("a token was refused: \(failure)")
            }
        }
    }

    private static func log(_ notice: FileNotice, _ logger: Logger) {
        switch notice {
        case .reloaded(let path): logger.info("a file was read again", metadata: ["path": "\(path)"])
        case .unusable(let path, let reason):
            logger.error(
                "a file can't be used; what it held before holds",
                metadata: ["path": "\(path)", "error": "\(reason)"]
            )
        }
    }

    private static func users(
        realm: String,
        path: String,
        _ pool: NIOThreadPool,
        _ logger: Logger
    ) async throws -> HtpasswdController {
        try await HtpasswdController(.init(realm: realm, path: path), pool: pool) { log($0, logger) }
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
