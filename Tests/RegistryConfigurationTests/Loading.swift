import Testing

@testable import RegistryConfiguration

func load(
    _ document: Document,
    _ environment: [String: String] = [:]
) throws(ConfigurationError) -> Configuration {
    try Configuration.load(contents: document.text, environment: environment)
}

func load(_ text: String, _ environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration {
    try Configuration.load(contents: text, environment: environment)
}

/// Everything that is said about a configuration, whether it is refused or not.
func diagnostics(_ text: String?, _ environment: [String: String] = [:]) -> [ConfigurationDiagnostic] {
    do {
        return try Configuration.load(contents: text, environment: environment).warnings
    } catch {
        return error.diagnostics
    }
}

func diagnostics(_ document: Document, _ environment: [String: String] = [:]) -> [ConfigurationDiagnostic] {
    diagnostics(document.text, environment)
}

/// The errors, each as its line.
func errors(_ text: String?, _ environment: [String: String] = [:]) -> [String] {
    diagnostics(text, environment).filter { $0.severity == .error }.map(\.description)
}

/// The warnings, each as its line.
func warnings(_ text: String?, _ environment: [String: String] = [:]) -> [String] {
    diagnostics(text, environment).filter { $0.severity == .warning }.map(\.description)
}

/// The effective value at a path such as `notifications.endpoints[0].url`.
func effective(_ path: String, in configuration: Configuration) -> Value? {
    var value: Value? = configuration.effective
    for part in path.split(separator: ".") {
        let pieces = part.split(separator: "[")
        value = value?[String(pieces[0])]
        for piece in pieces.dropFirst() {
            guard let index = Int(piece.dropLast()), let elements = value?.elements, index < elements.count else {
                return nil
            }
            value = elements[index]
        }
    }
    return value
}

/// A value on one line.
func flat(_ value: Value) -> String {
    switch value.content {
    case .null: "null"
    case .scalar(let scalar):
        if case .bool(let flag) = scalar.kind { String(flag) } else { scalar.text }
    case .list(let elements): "[" + elements.map(flat).joined(separator: ",") + "]"
    case .map(let entries): "{" + entries.map { "\($0.key):\(flat($0.value))" }.joined(separator: ",") + "}"
    }
}

/// The typed model alone, without origins.
func typed(_ configuration: Configuration?) -> String {
    guard let configuration else { return "" }
    return String(
        describing: [
            configuration.log, configuration.storage, configuration.auth, configuration.middleware,
            configuration.reporting, configuration.http, configuration.notifications, configuration.redis as Any,
            configuration.health, configuration.catalog, configuration.tags, configuration.proxy as Any,
            configuration.compatibility, configuration.validation, configuration.policy,
        ] as [Any]
    )
}
