import ArgumentParser
import RegistryConfiguration

/// Checks a configuration and prints what would hold; opens nothing.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration and print it as it would hold, each value with its origin."
    )

    @OptionGroup var file: ConfigurationFile

    func run() throws {
        let configuration = try file.load()
        print(configuration.rendered(maskingSecrets: true))
        try Composition.checkAvailable(configuration)
    }
}
