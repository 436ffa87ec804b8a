import ArgumentParser
import RegistryCore
import RegistryOperations

/// Deletes and restores whole repositories.
struct RepositoryVerbs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository",
        abstract: "Delete a whole repository, and restore one that was deleted.",
        subcommands: [Delete.self, Deleted.self, Restore.self]
    )

    /// Deletes a repository.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete a repository with its tags; until its content is collected it can be restored."
        )

        @Argument(help: "The repository.")
        var name: String

        @OptionGroup var file: ConfigurationFile

        func run() async throws {
            guard let name = RepositoryName(name) else { throw ValidationError("'\(name)' is no repository's name") }
            try await Administered.with(file) { administered in
                let id =
                    switch administered {
                    case .server(let client): try await client.deleteRepository(name)
                    case .store(let store): try await store.registry.deleteRepository(name).id
                    }
                print("deleted \(name); `\(Program.name) repository restore \(id)` brings it back")
            }
        }
    }

    /// Lists what can be restored.
    struct Deleted: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deleted",
            abstract: "List the deleted repositories that can be restored."
        )

        @OptionGroup var file: ConfigurationFile

        func run() async throws {
            try await Administered.with(file) { administered in
                switch administered {
                case .server(let client):
                    for entry in try await client.deletedRepositories() { print(entry.id, entry.deleted, entry.name) }
                case .store(let store):
                    for entry in try await store.registry.deletedRepositories() {
                        print(entry.id, entry.deleted.rfc3339, entry.name)
                    }
                }
            }
        }
    }

    /// Restores a repository.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore",
            abstract: "Restore a deleted repository."
        )

        @Argument(help: "What `repository delete` said, or `repository deleted` lists.")
        var id: String

        @OptionGroup var file: ConfigurationFile

        func run() async throws {
            try await Administered.with(file) { administered in
                let name: String? =
                    switch administered {
                    case .server(let client): try await client.restoreRepository(id)
                    case .store(let store): try await store.registry.restoreRepository(id)?.description
                    }
                guard let name else {
                    ConfigurationFile.print("there is no deleted repository \(id)")
                    throw ExitCode.failure
                }
                print("restored \(name)")
            }
        }
    }
}

/// Switches a running server's read-only mode.
struct ReadOnly: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read-only",
        abstract: "Let a running server change nothing for a while, or again; without an argument say which."
    )

    @Argument(help: "on or off.")
    var state: String?

    @Option(help: "The configuration file; without one REGISTRY_CONFIGURATION_PATH.")
    var config: String?

    func run() async throws {
        guard state == nil || state == "on" || state == "off" else { throw ValidationError("expected on or off") }
        var file = ConfigurationFile()
        file.path = config
        try await Administered.with(file) { administered in
            guard case .server(let client) = administered else {
                ConfigurationFile.print("no server answers at registryd.administration.socket")
                throw ExitCode.failure
            }
            if let state { try await client.setReadOnly(state == "on") }
            print(try await client.isReadOnly() ? "read-only" : "writable")
        }
    }
}
