/// One thing that a configuration says and that is wrong or has no effect.
public struct ConfigurationDiagnostic: Sendable, Hashable {
    /// Whether the server may start.
    public enum Severity: String, Sendable, Hashable {
        /// The peer would start as well; what stands there has no effect or an unexpected one.
        case warning
        /// The server must not start.
        case error
    }

    /// Whether the server may start.
    public var severity: Severity
    /// The place: file, line and column, or the environment variable.
    public var origin: ConfigurationOrigin
    /// The key's path, as `notifications.endpoints[0].url`; empty when the whole document is meant.
    public var keyPath: String
    /// What stands there and what is wrong with it. Never holds a secret.
    public var problem: String
    /// What was expected, where that helps.
    public var expected: String?
    /// What was probably meant, for a misspelt word.
    public var suggestion: String?

    init(
        _ severity: Severity,
        _ origin: ConfigurationOrigin,
        _ keyPath: String,
        _ problem: String,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        self.severity = severity
        self.origin = origin
        self.keyPath = keyPath
        self.problem = problem
        self.expected = expected
        self.suggestion = suggestion
    }
}

extension ConfigurationDiagnostic: CustomStringConvertible {
    /// One line: `config.yml:12:5: error: http.h2c.enabled: 'maybe' is a string; expected true or false`.
    public var description: String {
        "\(place)\(severity.rawValue): \(message)"
    }

    /// The line without its place and severity, for a log that carries those as fields.
    public var message: String {
        var text = keyPath.isEmpty ? problem : "\(keyPath): \(problem)"
        if let expected { text += "; expected \(expected)" }
        if let suggestion { text += " (did you mean \(suggestion)?)" }
        return text
    }

    private var place: String {
        switch origin {
        case .default: ""
        case .file(let name, let line, let column): "\(name):\(line):\(column): "
        case .environment(let name):
            // The peer's words for a value that it could not take.
            severity == .error ? "parsing environment variable \(name): " : "\(name): "
        }
    }
}

/// Why a configuration was refused: everything that is wrong with it, not only the first thing.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Errors and warnings, in the order of the document, variables last.
    public let diagnostics: [ConfigurationDiagnostic]

    /// One diagnostic a line, errors first.
    public var description: String {
        let errors = diagnostics.filter { $0.severity == .error }
        let warnings = diagnostics.filter { $0.severity == .warning }
        return (errors + warnings).map(\.description).joined(separator: "\n")
    }
}
