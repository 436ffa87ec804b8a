/// Applies `REGISTRY_*` variables to a configuration by the peer's rule.
///
/// In ascending order of their names, so that `REGISTRY_STORAGE` comes before `REGISTRY_STORAGE_S3_BUCKET`. A name's
/// segments are matched with the upper-cased keys and with the peer's field names; where several segments together
/// make a key that holds underscores, the longest match wins.
struct EnvironmentOverrides {
    static let prefix = "REGISTRY_"

    /// Variables that carry the prefix and aren't overrides. The version may not be overridden: the peer reads it
    /// before it looks at the environment.
    private static let notOverrides = ["REGISTRY_CONFIGURATION_PATH", "REGISTRY_VERSION"]

    private(set) var diagnostics: [ConfigurationDiagnostic] = []

    /// What became of one variable.
    private enum Outcome {
        case applied
        /// No setting has this name; the known names at the segment that doesn't match.
        case unrecognized(segment: String, known: [String])
        /// The setting is a list and the segment isn't one of its places.
        case badIndex(String)
        /// What stands there already isn't of the right kind, which is reported elsewhere.
        case blocked
    }

    /// Applies all variables of an environment to the document's root.
    mutating func apply(_ environment: [String: String], to root: inout Value, schema: [Setting]) {
        let names = environment.keys.filter { $0.hasPrefix(Self.prefix) && !Self.notOverrides.contains($0) }
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let segments = name.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
                .map(String.init)
            var reader = YAMLReader { _, _ in .environment(name) }
            let payload: Value
            do throws(ConfigurationDiagnostic) {
                payload = try reader.read(environment[name] ?? "")
            } catch {
                var error = error
                error.expected = "YAML; quote a text that begins with a special character, as in '\"@text\"'"
                diagnostics.append(error)
                continue
            }
            let outcome = override(&root, .group(schema, .structure), segments[...], with: payload)
            report(outcome, of: name)
        }
    }

    private mutating func report(_ outcome: Outcome, of name: String) {
        switch outcome {
        case .applied, .blocked:
            break
        case .badIndex(let problem):
            diagnostics.append(.init(.error, .environment(name), "", problem))
        case .unrecognized(let segment, let known):
            let nearest = Suggestion.nearest(to: segment, among: known)
            let suggestion = nearest.map { name.replacing("_" + segment, with: "_" + $0, maxReplacements: 1) }
            diagnostics.append(
                .init(
                    .warning,
                    .environment(name),
                    "",
                    "Ignoring unrecognized environment variable \(name)",
                    suggestion: suggestion
                )
            )
        }
    }

    // MARK: - Walking

    private func override(
        _ value: inout Value,
        _ shape: Shape,
        _ segments: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        guard let segment = segments.first else {
            value = payload
            return .applied
        }
        switch shape {
        case .group(let settings, let kind):
            return overrideGroup(&value, settings, kind, segments, with: payload)
        case .map(let element):
            return overrideMap(&value, element, segments, with: payload)
        case .list(let element):
            return overrideList(&value, element, segments, with: payload)
        case .anything, .options:
            if case .list = value.content { return overrideList(&value, .anything, segments, with: payload) }
            return overrideMap(&value, .anything, segments, with: payload)
        case .bool, .integer, .duration, .string, .choice:
            return .unrecognized(segment: segment, known: [])
        }
    }

    private func overrideGroup(
        _ value: inout Value,
        _ settings: [Setting],
        _ kind: GroupKind,
        _ segments: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        if case .inlined(let name) = kind, segments.first == name {
            return overrideInlined(&value, settings, kind, segments.dropFirst(), with: payload)
        }
        if case .alternatives = kind { Self.unfoldBareName(&value) }
        for count in stride(from: segments.count, through: 1, by: -1) {
            let name = segments.prefix(count).joined(separator: "_")
            guard let setting = settings.first(where: { $0.isNamed(name) }) else { continue }
            return overrideKey(setting.key, setting.shape, &value, segments.dropFirst(count), with: payload)
        }
        switch kind {
        case .parameters where !Self.isServiceLink(segments), .alternatives where !Self.isServiceLink(segments):
            return overrideMap(&value, .anything, segments, with: payload)
        case .structure, .inlined, .own, .parameters, .alternatives:
            let known = settings.flatMap { [$0.key.uppercased()] + $0.variables }
            return .unrecognized(segment: segments.first ?? "", known: known)
        }
    }

    /// Whether the name ends as the variables do that Kubernetes sets for a service: a service `registry-storage`
    /// must not look like a driver.
    private static func isServiceLink(_ segments: ArraySlice<String>) -> Bool {
        let name = "_" + segments.joined(separator: "_")
        return name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.hasSuffix("_PORT")
            || ["_TCP", "_UDP", "_SCTP"].contains { name.contains($0) && name.contains("_PORT_") }
    }

    /// The peer's field that is inlined in the file and, by its first version, wasn't in the environment.
    private func overrideInlined(
        _ value: inout Value,
        _ settings: [Setting],
        _ kind: GroupKind,
        _ segments: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        guard segments.isEmpty else { return overrideGroup(&value, settings, kind, segments, with: payload) }
        guard let entries = payload.entries, value.isNull || value.entries != nil else { return .blocked }
        for entry in entries { value.set(entry.key, to: entry.value) }
        return .applied
    }

    private func overrideMap(
        _ value: inout Value,
        _ element: Shape,
        _ segments: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        if value.scalar != nil { return .unrecognized(segment: segments.first ?? "", known: []) }
        let keys = value.entries?.map(\.key) ?? []
        for count in stride(from: segments.count, through: 1, by: -1) {
            let name = segments.prefix(count).joined(separator: "_")
            guard let key = keys.first(where: { $0.uppercased() == name }) else { continue }
            return overrideKey(key, element, &value, segments.dropFirst(count), with: payload)
        }
        let key = (segments.first ?? "").lowercased()
        return overrideKey(key, element, &value, segments.dropFirst(), with: payload)
    }

    private func overrideKey(
        _ key: String,
        _ shape: Shape,
        _ value: inout Value,
        _ rest: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        guard value.isNull || value.entries != nil else { return .blocked }
        var child = value[key] ?? Value(.null, payload.origin)
        let outcome = override(&child, shape, rest, with: payload)
        if case .applied = outcome {
            if value.isNull { value = Value(.map([]), payload.origin) }
            value.set(key, to: child)
        }
        return outcome
    }

    private func overrideList(
        _ value: inout Value,
        _ element: Shape,
        _ segments: ArraySlice<String>,
        with payload: Value
    ) -> Outcome {
        guard value.isNull || value.elements != nil else { return .blocked }
        let segment = segments.first ?? ""
        guard let index = Int(segment), index >= 0 else { return .badIndex("non-numeric index: \(segment)") }
        var elements = value.elements ?? []
        guard index <= elements.count else { return .badIndex("undefined index: \(segment)") }
        var child = index < elements.count ? elements[index] : Value(.null, payload.origin)
        let outcome = override(&child, element, segments.dropFirst(), with: payload)
        guard case .applied = outcome else { return outcome }
        if index < elements.count { elements[index] = child } else { elements.append(child) }
        value = Value(.list(elements), value.isNull ? payload.origin : value.origin)
        return .applied
    }

    /// `storage: s3` means `storage: {s3: {}}`.
    static func unfoldBareName(_ value: inout Value) {
        guard let scalar = value.scalar else { return }
        let driver = Value(.map([]), value.origin)
        value.content = .map([Value.Entry(key: scalar.text, keyOrigin: value.origin, value: driver)])
    }
}
