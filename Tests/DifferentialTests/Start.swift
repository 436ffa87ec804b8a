import Foundation
import ShellSupport
import Testing

/// A configuration that a registry is started with.
///
/// In the file and in the variables `{PORT}` stands for a free port, `{ROOT}` for an empty folder.
struct Start: Sendable, CustomTestStringConvertible {
    /// What a registry makes of a configuration.
    enum Outcome: Hashable {
        /// It listens, and answers `GET /v2/` with this status.
        case serves(Int)
        /// It ends before it listens, with a status that isn't 0.
        case refuses
        /// It ends before it listens, and says that all is well.
        case endsWithoutError
    }

    var name: String
    var file: String = Start.minimal
    var environment: [String: String] = [:]
    /// Files that are made under `{ROOT}` before the start.
    var files: [String: String] = [:]
    var peer: Outcome
    /// Where it isn't the peer's.
    var ours: Outcome?
    /// Why it isn't.
    var reason: String?

    var testDescription: String { name }

    static let minimal = """
        version: 0.1
        storage:
          filesystem:
            rootdirectory: {ROOT}/data
        http:
          addr: 127.0.0.1:{PORT}

        """

    /// Starts a registry and sees what becomes of it.
    func observe(_ server: RegistryProcess.Server) async throws -> (outcome: Outcome, log: String) {
        let scratch = try ScratchFolder(name: "start")
        defer { scratch.remove() }
        let port = try LoopbackPort.free()
        func filled(_ text: String) -> String {
            text.replacing("{PORT}", with: "\(port)").replacing("{ROOT}", with: scratch.string(""))
        }
        for (name, text) in files { try Data(filled(text).utf8).write(to: scratch.path(name)) }
        try Data(filled(file).utf8).write(to: scratch.path("config.yml"))
        let daemon = try Daemon.start(
            RegistryProcess.programPath(server),
            ["serve", scratch.string("config.yml")],
            environment: environment.mapValues(filled),
            log: scratch.path("log")
        )
        defer { daemon.send(signal: SIGKILL) }
        let wire = WireClient(port: port)
        for _ in 0..<600 {
            if let answer = try? await wire.send(WireRequest("GET", "/v2/")) {
                return (.serves(answer.status), daemon.logText)
            }
            if let status = daemon.exitStatus {
                return (status == 0 ? .endsWithoutError : .refuses, daemon.logText)
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw CommandFailure("\(server.rawValue) neither answers nor ends:\n\(daemon.logText)")
    }
}
