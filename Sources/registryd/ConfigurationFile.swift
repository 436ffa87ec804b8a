import ArgumentParser
import Foundation
import RegistryConfiguration

/// The configuration file of a verb: its argument, else `REGISTRY_CONFIGURATION_PATH`, else none.
struct ConfigurationFile: ParsableArguments {
    @Argument(help: "The configuration file; without one REGISTRY_CONFIGURATION_PATH, else files under ./data.")
    var path: String?

    /// Where the configuration is read, now and whenever it is read again.
    var source: ConfigurationSource { ConfigurationSource(path: path) }

    /// Reads and checks the configuration; what is wrong with it goes to standard error.
    ///
    /// - Throws: `ExitCode.failure` when the server must not start.
    func load() throws -> Configuration {
        do {
            let configuration = try source.read()
            for warning in configuration.warnings { Self.print(warning.description) }
            return configuration
        } catch {
            Self.print("configuration error: \(error)")
            throw ExitCode.failure
        }
    }

    static func print(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}

/// A configuration file and the variables that override it.
struct ConfigurationSource: Sendable {
    /// Why there is no configuration, in the words that the operator reads.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let name: String?
    private let environment: [String: String]

    init(path: String?) {
        environment = ProcessInfo.processInfo.environment
        name = path ?? environment["REGISTRY_CONFIGURATION_PATH"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What the start line calls it.
    var description: String { name ?? "the built-in configuration" }

    /// Reads the file and checks it, with what the variables say.
    func read() throws(Failure) -> Configuration {
        do {
            return try Configuration.load(
                file: name ?? "config.yml",
                contents: try name.map { try String(contentsOfFile: $0, encoding: .utf8) },
                environment: environment,
                extensions: OwnSettings.schema
            )
        } catch let error as ConfigurationError {
            throw Failure(description: error.description)
        } catch {
            throw Failure(description: "\(name ?? ""): \(error.localizedDescription)")
        }
    }
}
