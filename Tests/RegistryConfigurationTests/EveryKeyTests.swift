import Testing

@testable import RegistryConfiguration

@Suite("Every key of the peer")
struct EveryKeyTests {
    @Test("the table of this test names every key of the schema")
    func tableIsComplete() {
        var paths: Set<String> = []
        collect(PeerSchema.root(extensions: []), "", into: &paths)
        // Maps with nothing in them, and keys whose only effect is a refusal or that are moved.
        for path in [
            "loglevel", "auth.none", "middleware.registry[0]", "middleware.repository[0]", "storage.oss",
            "storage.swift",
        ] {
            paths = paths.filter { !$0.hasPrefix(path) }
        }
        let named = Set(KeyRow.all.map(\.path))
        #expect(paths.subtracting(named).sorted() == [])
        #expect(named.subtracting(paths).sorted() == [])
    }

    @Test("a key that nobody sets has its default", arguments: KeyRow.all)
    func standard(_ row: KeyRow) throws {
        guard !row.beside.contains(where: { $0.0 == row.path }), row.path != "version" else {
            // Required beside others, so it has no default; that it is refused when missing is tested elsewhere.
            #expect(row.standard == nil || row.path == "version")
            return
        }
        let configuration = try load(row.base)
        let value = effective(row.path, in: configuration)
        #expect(value.map(flat) == row.standard)
        if let value, row.path != "storage.inmemory" { #expect(value.origin == .default) }
    }

    @Test("a key that the file sets has the file's value and its line", arguments: KeyRow.all)
    func file(_ row: KeyRow) throws {
        let document = row.base.setting(row.path, row.yaml)
        let configuration = try load(document)
        let value = try #require(effective(row.path, in: configuration))
        #expect(flat(value) == row.means)
        guard case .file("config.yml", let line, _) = value.origin else {
            Issue.record("no place in the file: \(value.origin)")
            return
        }
        #expect(line == document.line(of: row.path))
        #expect(configuration.keysSet(under: [row.path]).isEmpty == false)
        if row.isTyped { #expect(typed(configuration) != typed(try? load(row.base))) }
    }

    @Test("a key that the environment sets has that value, under each of its names", arguments: KeyRow.all)
    func environment(_ row: KeyRow) throws {
        guard row.path != "version" else {
            #expect(throws: Never.self) { try load(row.base, ["REGISTRY_VERSION": "0.2"]) }
            return
        }
        for name in row.allVariables {
            let configuration = try load(row.base, [name: row.yaml])
            let value = try #require(effective(row.path, in: configuration), "\(name)")
            #expect(flat(value) == row.means, "\(name)")
            #expect(value.origin == .environment(name))
            #expect(!configuration.warnings.contains { $0.problem.contains("unrecognized") })
        }
    }

    @Test("a wrong value is refused with file, line, key and what was expected", arguments: KeyRow.all)
    func wrong(_ row: KeyRow) throws {
        guard let wrong = row.wrong else { return }
        let document = row.base.setting(row.path, wrong)
        let diagnostic = try #require(refusal(of: row.path, document).first)
        let line = try #require(document.line(of: row.path))
        #expect(diagnostic.description.hasPrefix("config.yml:\(line):"))
        #expect(diagnostic.description.contains(": error: \(row.path)"))
        #expect(diagnostic.description.contains(row.expects))
        for name in row.allVariables {
            let diagnostic = try #require(refusal(of: row.path, row.base, [name: wrong]).first, "\(name)")
            #expect(diagnostic.origin == .environment(name))
            #expect(diagnostic.description.hasPrefix("parsing environment variable \(name): "))
            #expect(diagnostic.description.contains(row.expects))
        }
    }

    // MARK: -

    private func collect(_ settings: [Setting], _ prefix: String, into paths: inout Set<String>) {
        for setting in settings { collect(setting.shape, prefix + setting.key, into: &paths) }
    }

    private func collect(_ shape: Shape, _ path: String, into paths: inout Set<String>) {
        switch shape {
        case .group(let settings, _) where settings.isEmpty:
            if path != "registryd" { paths.insert(path) }
        case .group(let settings, _):
            collect(settings, path + ".", into: &paths)
        case .list(.group(let settings, _)):
            collect(settings, path + "[0].", into: &paths)
        case .options(let table):
            for settings in table.values { collect(settings, path + ".", into: &paths) }
        default:
            paths.insert(path)
        }
    }

    /// The errors about a key or what lies below it.
    private func refusal(
        of path: String,
        _ document: Document,
        _ environment: [String: String] = [:]
    ) -> [ConfigurationDiagnostic] {
        diagnostics(document, environment).filter { $0.severity == .error && $0.keyPath.hasPrefix(path) }
    }
}
