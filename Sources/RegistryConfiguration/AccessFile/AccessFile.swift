/// An access file: groups of users, and rules in order. `Documentation/reference/access-file.md` describes it.
///
/// Plain values, which an embedding program turns into whatever decides. A value of this type has passed every check:
/// each name that is referred to exists, each pattern is one.
public struct AccessFile: Sendable, Hashable {
    /// Whom a rule is about.
    public enum Subject: Sendable, Hashable {
        /// A user by name; the holder of a client certificate is `certificate:NAME`.
        case user(String)
        /// The members of a group.
        case group(String)
        /// Whoever logged in.
        case anyUser
        /// Who did not log in.
        case anonymous
    }

    /// One rule.
    public struct Rule: Sendable, Hashable {
        /// Whether it allows or denies.
        public var allows: Bool
        /// Whom it is about: any of these.
        public var subjects: [Subject]
        /// What it is about: some of ``AccessFile/actions``.
        public var actions: [String]
        /// Patterns of the repositories that it is about; empty only where it is about `catalog` alone.
        public var repositories: [String]
        /// The line at which it begins, from 1.
        public var line: Int
    }

    /// The actions that rules can be about.
    public static let actions = ["pull", "push", "delete", "catalog"]

    /// The members of each group.
    public var groups: [String: [String]]
    /// The rules, in order.
    public var rules: [Rule]

    /// Reads an access file and checks all of it.
    ///
    /// - Parameters:
    ///   - file: the name that messages show for the contents.
    ///   - contents: the file's text.
    ///   - isPattern: whether a text is a pattern for repositories.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        file: String,
        contents: String,
        isPattern: @escaping (String) -> Bool
    ) throws(ConfigurationError) -> AccessFile {
        var reader = YAMLReader { line, column in .file(name: file, line: line, column: column) }
        let root: Value
        do throws(ConfigurationDiagnostic) {
            root = try reader.read(contents)
        } catch {
            var error = error
            if contents.contains("*") { error.expected = "YAML; quote a text that begins with a star, as in \"*\"" }
            throw ConfigurationError(diagnostics: [error])
        }
        var check = AccessFileCheck(isPattern: isPattern)
        // A value that a later one replaces could be the denial that somebody relies on.
        check.diagnostics = reader.warnings.map { warning in
            var error = warning
            error.severity = .error
            return error
        }
        let checked = check.check(root)
        guard check.diagnostics.isEmpty else { throw ConfigurationError(diagnostics: check.diagnostics) }
        return checked
    }
}
