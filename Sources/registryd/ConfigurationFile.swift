import ArgumentParser
import Foundation
import RegistryConfiguration

/// The configuration file of a verb: its argument, else `REGISTRY_CONFIGURATION_PATH`, else none.
struct ConfigurationFile: ParsableArguments {
    @Argument(help: "The configuration file; without one REGISTRY_CONFIGURATION_PATH, else files under ./data.")
    var path: String?

    /// Reads and checks the configuration; what is wrong with it goes to standard error.
    ///
    /// - Throws: `ExitCode.failure` when the server must not start.
    func load() throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        let name = path ?? environment["REGISTRY_CONFIGURATION_PATH"].flatMap { $0.isEmpty ? nil : $0 }
        do {
            let contents = try name.map { try String(contentsOfFile: $0, encoding: .utf8) }
            let configuration = try Configuration.load(
                file: name ?? "config.yml",
                contents: contents,
                environment: environment,
                extensions: Configuration.accessSettings
            )
            for warning in configuration.warnings { Self.print(warning.description) }
            return configuration
        } catch let error as ConfigurationError {
            Self.print("configuration error: \(error)")
        } catch {
            Self.print("configuration error: \(name ?? ""): \(error.localizedDescription)")
        }
        throw ExitCode.failure
    }

    static func print(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
