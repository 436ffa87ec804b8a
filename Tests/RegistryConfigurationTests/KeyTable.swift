/// What the test of every key knows of one key.
struct KeyRow: Sendable, CustomStringConvertible {
    let path: String
    /// The effective value that nobody set, as text; `nil` when there is none.
    let standard: String?
    /// A value as YAML, and the effective text that it means.
    let yaml: String
    let means: String
    /// A value that must be refused, and a part of what the diagnostic expects instead.
    let wrong: String?
    let expects: String
    /// Further names of the variable, beside the one that the path spells.
    let variables: [String]
    /// Keys that must stand beside this one.
    let beside: [(String, String)]
    /// Whether the typed model shows the key (some of the peer's keys choose nothing here).
    let isTyped: Bool

    var description: String { path }

    init(
        _ path: String,
        _ standard: String?,
        _ yaml: String,
        _ means: String? = nil,
        wrong: String?,
        _ expects: String = "",
        variables: [String] = [],
        beside: [(String, String)] = [],
        isTyped: Bool = true
    ) {
        self.path = path
        self.standard = standard
        self.yaml = yaml
        self.means = means ?? yaml
        self.wrong = wrong
        self.expects = expects
        self.variables = variables
        self.beside = beside
        self.isTyped = isTyped
    }

    /// The configuration without the key.
    var base: Document {
        var document = Document.minimal
        let driver = path.split(separator: ".").dropFirst().first.map(String.init) ?? ""
        if path.hasPrefix("storage."), ["filesystem", "s3", "s3aws", "gcs", "azure"].contains(driver) {
            document.remove("storage.inmemory")
            document.set("storage.\(driver)", "{}")
        }
        for (path, yaml) in beside { document.set(path, yaml) }
        return document
    }

    /// The variables that set the key.
    var allVariables: [String] {
        let own = path.uppercased().replacing("[", with: "_").replacing("]", with: "").replacing(".", with: "_")
        return ["REGISTRY_" + own] + variables
    }

    // MARK: - Rows by type

    static func flag(
        _ path: String,
        _ standard: Bool = false,
        variables: [String] = [],
        beside: [(String, String)] = [],
        isTyped: Bool = true
    ) -> KeyRow {
        KeyRow(
            path,
            String(standard),
            standard ? "off" : "yes",
            String(!standard),
            wrong: "maybe",
            "true or false",
            variables: variables,
            beside: beside,
            isTyped: isTyped
        )
    }

    static func text(
        _ path: String,
        _ standard: String? = nil,
        variables: [String] = [],
        beside: [(String, String)] = [],
        isTyped: Bool = true
    ) -> KeyRow {
        KeyRow(
            path,
            standard,
            "some-thing",
            wrong: "[a]",
            "a text",
            variables: variables,
            beside: beside,
            isTyped: isTyped
        )
    }

    static func number(
        _ path: String,
        _ standard: Int?,
        _ value: Int = 77,
        variables: [String] = [],
        beside: [(String, String)] = []
    ) -> KeyRow {
        KeyRow(
            path,
            standard.map { String($0) },
            String(value),
            wrong: "many",
            "an integer",
            variables: variables,
            beside: beside
        )
    }

    static func duration(
        _ path: String,
        _ standard: String?,
        variables: [String] = [],
        beside: [(String, String)] = []
    ) -> KeyRow {
        KeyRow(
            path,
            standard,
            "90m",
            "1h30m",
            wrong: "5 minutes",
            "a duration such as 1h30m",
            variables: variables,
            beside: beside
        )
    }

    static func texts(
        _ path: String,
        _ value: String = "[one, two]",
        _ means: String = "[one,two]",
        variables: [String] = [],
        beside: [(String, String)] = [],
        isTyped: Bool = true
    ) -> KeyRow {
        KeyRow(
            path,
            nil,
            value,
            means,
            wrong: "one",
            "a list",
            variables: variables,
            beside: beside,
            isTyped: isTyped
        )
    }

    static func url(_ path: String, beside: [(String, String)] = []) -> KeyRow {
        KeyRow(
            path,
            nil,
            "https://example.com:8443/x",
            wrong: "example.com",
            "a URL",
            beside: beside
        )
    }
}
