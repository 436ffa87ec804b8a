import Foundation
import ShellSupport
import Testing

/// A store on a scratch folder with a configuration, which a test serves and runs verbs on.
struct OperatedStore {
    let scratch: ScratchFolder
    let port: UInt16

    init(named name: String) throws {
        scratch = try ScratchFolder(name: name)
        port = try LoopbackPort.free()
    }

    var wire: WireClient { WireClient(port: port) }
    var reader: RegistryReader { RegistryReader(wire: wire) }
    /// The path of the configuration.
    var config: String { scratch.string("config.yml") }
    /// The path of a socket of administration, for a configuration that has one.
    var socket: String { scratch.string("admin.sock") }

    /// Writes the configuration.
    ///
    /// - Parameter own: what follows the store and the address, from the first column on.
    func configure(_ own: String = "", deletes: Bool = true) throws {
        try """
        version: 0.1
        storage: {filesystem: {rootdirectory: \(scratch.string("data"))}, delete: {enabled: \(deletes)}}
        http: {addr: "127.0.0.1:\(port)"}
        \(own)

        """.write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
    }

    /// Runs a body while the store is served.
    func serving(_ body: (Daemon) async throws -> Void) async throws {
        let daemon = try Daemon.start(
            RegistryProcess.programPath(.registryd),
            ["serve", config],
            log: scratch.path("log")
        )
        defer { daemon.send(signal: SIGKILL) }
        try await daemon.waitUntilReady { (try? await wire.send(WireRequest("GET", "/v2/"))) != nil }
        try await body(daemon)
        #expect(await daemon.stop())
    }

    func verb(_ arguments: String...) async throws -> CommandResult {
        try await Command(RegistryProcess.programPath(.registryd), arguments + [config]).result(seconds: 60)
    }

    func status(_ method: String, _ target: String) async throws -> Int {
        try await wire.send(WireRequest(method, target)).status
    }
}
