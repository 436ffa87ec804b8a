import Foundation
import ShellSupport
import Testing

@Suite("The program's verbs, under either of its names")
struct VerbTests {
    /// Arguments, the status, and what standard output and standard error hold.
    static let calls: [(arguments: [String], status: Int32, output: String, errorOutput: String)] = [
        ([], 0, "USAGE: registry ", ""),
        (["help"], 0, "USAGE: registry ", ""),
        (["-h"], 0, "USAGE: registry ", ""),
        (["serve", "--help"], 0, "USAGE: registry serve ", ""),
        (["-v"], 0, "registry registryd 0.", ""),
        (["--version"], 0, "registry registryd 0.", ""),
        (["completion", "bash"], 0, "complete ", ""),
        (["completion", "ed"], 1, "", "bash, zsh and fish"),
        (["bake"], 1, "", "bake"),
        (["serve", "--loudly"], 1, "", "--loudly"),
        (["serve", "/nowhere/config.yml"], 1, "", "configuration error: /nowhere/config.yml: "),
        (["check", "/nowhere/config.yml"], 1, "", "configuration error: /nowhere/config.yml: "),
    ]

    @Test("a call ends with its status and says why", arguments: calls)
    func call(arguments: [String], status: Int32, output: String, errorOutput: String) async throws {
        let scratch = try ScratchFolder(name: "verbs")
        defer { scratch.remove() }
        let registry = scratch.path("registry")
        try FileManager.default.createSymbolicLink(
            at: registry,
            withDestinationURL: URL(filePath: RegistryProcess.programPath(.registryd))
        )
        let result = try await Command(registry.path(percentEncoded: false), arguments).result(seconds: 20)
        #expect(result.status == status)
        #expect(output.isEmpty ? result.output.isEmpty : result.output.contains(output), "\(result.output)")
        #expect(errorOutput.isEmpty || result.errorOutput.contains(errorOutput), "\(result.errorOutput)")
    }
}
