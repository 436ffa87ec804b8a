import ArgumentParser

@main
struct Registryd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registryd",
        abstract: "A container registry: the OCI distribution API on the replaced server's files.",
        version: "registryd 0.1.0",
        subcommands: [Serve.self, Check.self, Explain.self]
    )
}
