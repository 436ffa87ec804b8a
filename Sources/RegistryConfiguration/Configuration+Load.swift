extension Configuration {
    /// The version of the file's format.
    public static let version = "0.1"

    /// Reads a configuration and checks all of it.
    ///
    /// - Parameters:
    ///   - file: The name that messages show for the contents.
    ///   - contents: The file's text; `nil` when there is no file, which begins with ``builtInText``.
    ///   - environment: The process's environment; only names that begin with `REGISTRY_` are looked at.
    ///   - strict: Whether an unknown key is an error. The peer ignores such keys, so a warning is the default.
    ///   - extensions: The settings that may stand under `registryd:`.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        file: String = "config.yml",
        contents: String?,
        environment: [String: String] = [:],
        strict: Bool = false,
        extensions: [Setting] = []
    ) throws(ConfigurationError) -> Configuration {
        var diagnostics: [ConfigurationDiagnostic] = []
        var root: Value
        do throws(ConfigurationDiagnostic) {
            var reader = YAMLReader { line, column in
                contents == nil ? .default : .file(name: file, line: line, column: column)
            }
            root = try reader.read(contents ?? builtInText)
            diagnostics += reader.warnings
            try checkVersion(root)
        } catch {
            throw ConfigurationError(diagnostics: diagnostics + [error])
        }

        let schema = PeerSchema.root(extensions: extensions)
        var overrides = EnvironmentOverrides()
        overrides.apply(environment, to: &root, schema: schema)
        diagnostics += adoptDeprecated(&root)

        var checker = Checker(strict: strict, schema: schema)
        let effective = checker.check(root, .group(schema, .structure), "", secret: false)
        var rules = Rules(root: effective ?? root, refused: checker.refusedPaths)
        rules.check()
        diagnostics += sorted(checker.diagnostics + rules.diagnostics) + overrides.diagnostics

        guard let effective, !diagnostics.contains(where: { $0.severity == .error }) else {
            throw ConfigurationError(diagnostics: diagnostics)
        }
        return Configuration(effective: effective, warnings: diagnostics)
    }

    /// What holds when there is no file: files under `./data`, on the loopback address.
    public static let builtInText = """
        version: 0.1
        storage:
          filesystem:
            rootdirectory: ./data
        http:
          addr: 127.0.0.1:5000
        """

    /// The configuration without a file.
    public static func builtIn(environment: [String: String] = [:]) throws(ConfigurationError) -> Configuration {
        try load(contents: nil, environment: environment)
    }

    /// The peer's first look at the file: nothing else is read in a version that isn't known.
    private static func checkVersion(_ root: Value) throws(ConfigurationDiagnostic) {
        guard root.isNull || root.entries != nil else {
            throw ConfigurationDiagnostic(.error, root.origin, "", root.kindName, expected: "a map of settings")
        }
        let text = root["version"]?.scalar?.text ?? ""
        guard text == version else {
            throw ConfigurationDiagnostic(
                .error,
                root["version"]?.origin ?? root.origin,
                "version",
                "unsupported version: \(Value.quoted(String(text.prefix(60))))",
                expected: version
            )
        }
    }

    /// `loglevel` is an old name of `log.level`, and loses to it.
    private static func adoptDeprecated(_ root: inout Value) -> [ConfigurationDiagnostic] {
        guard case .map(var entries) = root.content,
            let index = entries.lastIndex(where: { $0.key == "loglevel" })
        else { return [] }
        let entry = entries.remove(at: index)
        root.content = .map(entries)
        var log = root["log"] ?? Value(.null, entry.value.origin)
        let loses = log["level"].map { !$0.isNull } ?? false
        if !loses, log.isNull || log.entries != nil {
            if log.isNull { log.content = .map([]) }
            log.set("level", to: entry.value)
            root.set("log", to: log)
        }
        let problem = loses ? "is deprecated, and log.level is set as well" : "is deprecated"
        return [.init(.warning, entry.keyOrigin, "loglevel", problem, expected: "log.level")]
    }

    /// In the order of the file; what has no place in it afterwards.
    private static func sorted(_ diagnostics: [ConfigurationDiagnostic]) -> [ConfigurationDiagnostic] {
        func place(_ diagnostic: ConfigurationDiagnostic) -> (Int, Int) {
            if case .file(_, let line, let column) = diagnostic.origin { (line, column) } else { (Int.max, 0) }
        }
        return diagnostics.enumerated().sorted { left, right in
            let (one, other) = (place(left.element), place(right.element))
            return one == other ? left.offset < right.offset : one < other
        }.map(\.element)
    }
}
