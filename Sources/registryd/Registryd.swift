import ArgumentParser

/// The program without a verb.
struct Registryd: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Program.name,
            abstract: "A container registry: the OCI distribution API on the replaced server's files.",
            // Each says its name: to make one of a type's by reflection took 2 million instructions of a start.
            subcommands: [
                Serve.self, Check.self, GarbageCollect.self, Verify.self, RepositoryVerbs.self, Restore.self,
                ReadOnly.self,
                Explain.self,
                Retain.self,
                Completion.self,
            ]
        )
    }

    @Flag(name: [.short, .long], help: "Show the version.")
    var version = false

    func run() throws {
        guard version else { throw CleanExit.helpRequest(self) }
        // Three words where the replaced server prints three: name, package, version.
        print(
            Program.name == "registryd"
                ? "registryd \(Program.version)" : "\(Program.name) registryd \(Program.version)"
        )
    }
}

/// Prints a script with which a shell completes this program's verbs and flags.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print a completion script for a shell."
    )

    @Argument(help: "bash, zsh or fish.")
    var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("no completion for '\(shell)'; there is one for bash, zsh and fish")
        }
        print(Registryd.completionScript(for: shell))
    }
}
