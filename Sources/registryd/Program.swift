import ArgumentParser
import Foundation

/// The program, under either of its names: `registryd`, or `registry` as the replaced server's images and scripts call
/// it. Verbs, flags and exit codes are those of both.
@main
enum Program {
    /// The version of the program.
    static let version = "0.1.0"

    /// The name that it was called by.
    static let name: String = {
        let path = CommandLine.arguments.first ?? ""
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.isEmpty ? "registryd" : name
    }()

    /// What other processes on the same store are told of this one: the host's name and the process's number.
    static let holder = "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"

    static func main() async {
        do {
            var command = try Registryd.parseAsRoot(nil)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Ends the process as the replaced server does: 0 for help and version, 1 for every mistake. Its own slip, 0 for a
    /// verb that it doesn't know, isn't repeated.
    private static func end(with error: any Error) -> Never {
        let code: Int32 = Registryd.exitCode(for: error) == .success ? 0 : exitCode(for: error)
        let message = Registryd.fullMessage(for: error)
        if !message.isEmpty {
            let stream = code == 0 ? FileHandle.standardOutput : FileHandle.standardError
            stream.write(Data((message + "\n").utf8))
        }
        exit(code)
    }

    private static func exitCode(for error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        return ExitCode.failure.rawValue
    }
}
