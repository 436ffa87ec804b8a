import ArgumentParser
import Foundation
import RegistryCore
import RegistryOperations

/// Brings back what was deleted: a tag, a manifest, a blob, a whole repository.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring back what was deleted, or list what can be brought back.",
        usage: """
            registryd restore <what> [<config>]
            registryd restore --list [<repository>] [<config>]
            """,
        discussion: """
            <what> is team/app:tag, team/app@sha256:…, team/app for a repository that was deleted whole, or the \
            identifier that --list shows. What was pushed again since it was deleted stays as it is. A running server \
            is asked through registryd.administration.socket; without one the store itself is worked on.
            """
    )

    @Flag(name: [.short, .long], help: "List what can be brought back.")
    var list = false

    @Argument(help: "What to bring back; with --list, a repository.")
    var what: String?

    @Argument(help: "The configuration file; without one REGISTRY_CONFIGURATION_PATH, else files under ./data.")
    var path: String?

    @Option(help: "The configuration file, where the argument would be taken for something else.")
    var config: String?

    func validate() throws {
        guard list || what != nil else { throw ValidationError("expected what is to be restored, or --list") }
    }

    func run() async throws {
        var file = ConfigurationFile()
        file.path = config ?? path
        var what = what
        // Both arguments of a list may be left out, and a file's name can be a repository's.
        if list, path == nil, let only = what, Self.isFile(only) { (what, file.path) = (nil, config ?? only) }
        if list {
            let repository = try what.map { text in
                guard let name = RepositoryName(text) else {
                    throw ValidationError("'\(text)' is no repository's name")
                }
                return name
            }
            return try await show(repository, file)
        }
        guard let what, let target = RestorationTarget(what) else {
            throw ValidationError("'\(what ?? "")' is no repository, tag, digest or identifier")
        }
        try await restore(what, target, file)
    }

    private func show(_ repository: RepositoryName?, _ file: ConfigurationFile) async throws {
        try await Administered.with(file) { administered in
            let lines =
                switch administered {
                case .server(let client): try await client.deletions(in: repository)
                case .store(let store): try await store.registry.deletions(in: repository).flatMap(\.lines)
                }
            for line in lines { print(line) }
        }
    }

    private func restore(_ what: String, _ target: RestorationTarget, _ file: ConfigurationFile) async throws {
        try await Administered.with(file) { administered in
            let restored: (lines: [String], isComplete: Bool)? =
                switch administered {
                case .server(let client): try await client.restore(what)
                case .store(let store):
                    try await store.registry.restore(target).map { ($0.lines, $0.isComplete) }
                }
            guard let restored else {
                ConfigurationFile.print("there is no deleted \(what), or not any more")
                throw ExitCode.failure
            }
            for line in restored.lines { print(line) }
            if !restored.isComplete { throw ExitCode.failure }
        }
    }

    private static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
