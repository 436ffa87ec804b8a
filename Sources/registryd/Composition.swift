import ArgumentParser
import Foundation
import HTTPTypes
import Logging
import NIOPosix
import RegistryAuth
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryStorage

/// What a configuration is made of: the libraries' parts, with their settings.
enum Composition {
    /// Keys that are read and checked and change nothing yet. The server starts, and says so.
    private static let inactive = [
        "log.hooks", "log.formatter", "log.fields", "log.accesslog", "log.reportcaller", "storage.cache",
        "storage.maintenance.uploadpurging", "storage.redirect", "storage.tag", "middleware", "reporting", "http.debug",
        "http.h2c", "http.http2", "notifications", "redis", "health", "compatibility", "policy",
    ]

    /// Keys without which the server would do something else than it was told to, so that it must not start.
    private static let missing = [
        "auth.token", "http.tls", "proxy", "storage.s3", "storage.s3aws", "storage.gcs", "storage.azure",
    ]

    /// Tells of what is configured and not there yet.
    ///
    /// - Throws: `ExitCode.failure` when the server would be open, or keep its data elsewhere, without it.
    static func checkAvailable(_ configuration: Configuration) throws {
        for key in configuration.keysSet(under: inactive) {
            ConfigurationFile.print("\(key.origin): warning: \(key.path) is not active yet")
        }
        let missing = configuration.keysSet(under: missing)
        for key in missing {
            ConfigurationFile.print("\(key.origin): error: \(key.path) is not available yet, and can't be left out")
        }
        var isUnixSocket = false
        if case .unix = configuration.http.listener { isUnixSocket = true }
        if isUnixSocket { ConfigurationFile.print("error: http.net: unix is not available yet, and can't be left out") }
        if !missing.isEmpty || isUnixSocket { throw ExitCode.failure }
    }

    static func driver(_ configuration: Configuration, files: NIOThreadPool) -> any StorageDriver {
        switch configuration.storage.driver {
        case .filesystem(let parameters): FilesystemDriver(root: parameters.rootDirectory, threadPool: files)
        case .inmemory, .s3, .gcs, .azure: MemoryDriver()
        }
    }

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

    static func log(_ notice: HtpasswdController.Notice, _ logger: Logger) {
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

    static func options(_ configuration: Configuration) -> Registry.Options {
        var options = Registry.Options()
        options.allowsDeletion = configuration.storage.isDeleteEnabled
        options.isReadOnly = configuration.storage.isReadOnly
        let validation = configuration.validation
        options.validation.urls =
            validation.isEnabled
            ? urlPolicy(allow: validation.allowedURLs, deny: validation.deniedURLs) : .allowAll
        options.validation.children =
            switch validation.platforms {
            case .all: validation.isEnabled ? .all : .none
            case .none: .none
            case .list(let platforms): .platforms(platforms.map { .init(architecture: $0.architecture, os: $0.os) })
            }
        return options
    }

    private static func urlPolicy(allow: [String], deny: [String]) -> ManifestURLPolicy {
        guard !allow.isEmpty || !deny.isEmpty else { return .allowNothing }
        // A compiled expression can't be shared between tasks, and layers with URLs are rare.
        func matches(_ patterns: [String]) -> ManifestURLPolicy.Matcher {
            { url in patterns.contains { (try? Regex($0))?.isMatch(url) ?? false } }
        }
        return ManifestURLPolicy(allow: allow.isEmpty ? nil : matches(allow), deny: deny.isEmpty ? nil : matches(deny))
    }

    static func responderOptions(_ configuration: Configuration, secret: [UInt8]) -> RegistryResponder.Options {
        var options = RegistryResponder.Options(uploadSecret: secret)
        options.externalURL = configuration.http.host.map(externalURL)
        options.usesRelativeURLs = configuration.http.usesRelativeURLs
        options.pathPrefix =
            configuration.http.prefix.hasSuffix("/") ? String(configuration.http.prefix.dropLast()) : ""
        options.maximumCatalogEntries = configuration.catalog.maxEntries
        options.maximumTags = configuration.tags.maxTags
        for field in configuration.http.headers {
            guard let name = HTTPField.Name(field.name) else { continue }
            for value in field.values { options.headers.append(HTTPField(name: name, value: value)) }
        }
        return options
    }

    /// A host's path counts as a prefix only when it ends in a slash, as in the replaced server.
    private static func externalURL(_ host: String) -> String {
        let afterScheme = host.range(of: "://")?.upperBound ?? host.startIndex
        guard let slash = host[afterScheme...].firstIndex(of: "/") else { return host }
        return host.hasSuffix("/") ? String(host.dropLast()) : String(host[..<slash])
    }

    static func server(_ configuration: Configuration) -> ServerConfiguration {
        var server = ServerConfiguration()
        if case .tcp(let address) = configuration.http.listener {
            server.host = address.host.isEmpty ? "::" : address.host
            server.port = address.port
        }
        if configuration.http.drainTimeout > .zero { server.timeouts.drain = configuration.http.drainTimeout }
        return server
    }

    static func level(_ configuration: Configuration) -> Logger.Level {
        switch configuration.log.level {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        default: .error
        }
    }
}

extension Regex {
    fileprivate func isMatch(_ text: String) -> Bool { (try? firstMatch(in: text)) != nil }
}
