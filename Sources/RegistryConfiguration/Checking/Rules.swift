/// What must hold between keys, checked on effective values before anything is opened.
struct Rules {
    let root: Value
    var diagnostics: [ConfigurationDiagnostic] = []
    /// Paths of values that were refused, and so aren't in the effective values.
    private let refused: [String]

    init(root: Value, refused: [String]) {
        self.root = root
        self.refused = refused
    }

    mutating func check() {
        checkStorage()
        checkAccess()
        checkListener()
        checkTLS()
        checkNotifications()
        checkHealth()
        checkRetention()
        checkRedis()
        checkProxy()
        checkLogHooks()
        checkPolicy()
        if let number = value("tags.maxtags")?.scalar?.kind, case .integer(let limit) = number, limit < 0 {
            error("tags.maxtags", "maxtags limit must be a non-negative integer value")
        }
    }

    // MARK: - Looking up

    /// The value at a path of keys.
    func value(_ path: String) -> Value? {
        var value: Value? = root
        for key in path.split(separator: ".") { value = value?[String(key)] }
        return value
    }

    func section(_ path: String) -> Section { Section(value: value(path) ?? Value(.map([]), .default)) }

    func text(_ path: String) -> String { value(path)?.scalar?.text ?? "" }

    func isSet(_ path: String) -> Bool { value(path).map { $0.origin != .default } ?? false }

    /// The place of a path, or of the nearest key above it that stands somewhere.
    func origin(_ path: String) -> ConfigurationOrigin {
        var path = path[...]
        while true {
            if let origin = value(String(path))?.origin, origin != .default { return origin }
            guard let dot = path.lastIndex(of: ".") else { return root.origin }
            path = path[..<dot]
        }
    }

    // MARK: - Reporting

    mutating func error(_ path: String, _ problem: String, expected: String? = nil) {
        diagnostics.append(.init(.error, origin(path), path, problem, expected: expected))
    }

    /// Reports that something isn't there, unless a value beside it was refused: then it may be what is missing.
    mutating func missing(_ path: String, _ problem: String, expected: String? = nil) {
        let group = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
        if !isRefused(under: group) { error(path, problem, expected: expected) }
    }

    /// Whether a value at or below a path was refused.
    func isRefused(under path: String) -> Bool {
        refused.contains { $0 == path || $0.hasPrefix(path + ".") || $0.hasPrefix(path + "[") }
    }

    mutating func warning(_ path: String, _ problem: String, expected: String? = nil) {
        diagnostics.append(.init(.warning, origin(path), path, problem, expected: expected))
    }

    /// Reports about an element of a list, which has no path of keys.
    mutating func report(
        _ severity: ConfigurationDiagnostic.Severity,
        _ element: Value,
        _ key: String,
        _ path: String,
        _ problem: String,
        expected: String? = nil
    ) {
        let origin = element[key].map(\.origin) ?? .default
        let place = origin == .default ? element.origin : origin
        diagnostics.append(.init(severity, place, "\(path).\(key)", problem, expected: expected))
    }
}
