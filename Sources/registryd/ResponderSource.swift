import Logging
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP

/// Makes the responder of a configuration, at the start and again when the configuration changes. What must be one for
/// all of them, the registry with its locks, stays.
struct ResponderSource: Sendable {
    let registry: Registry
    /// Where passwords are checked.
    let passwords: NIOThreadPool
    let logger: Logger

    /// - Parameter isReadOnly: whether nothing may be changed, whatever the configuration says of it; `nil` to do as it says.
    /// - Throws: what keeps a part of it from being made: a password file that can't be read, a store without a secret.
    func responder(
        for configuration: Configuration,
        isReadOnly: Bool? = nil
    ) async throws -> RegistryResponder {
        let secret =
            if let secret = configuration.http.secret { Array(secret.utf8) } else {
                try await registry.uploadSecret()
            }
        let (access, tokens) = try await Composition.accessControl(configuration, passwords: passwords, logger: logger)
        var options = Composition.options(configuration)
        if let isReadOnly { options.isReadOnly = isReadOnly }
        var responder = RegistryResponder(
            registry: registry.with(options: options),
            access: access,
            options: Composition.responderOptions(configuration, secret: secret)
        )
        responder.tokens = tokens
        return responder
    }
}
