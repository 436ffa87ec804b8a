public import Foundation

/// A registry as a process of its own, on a free port of the loopback address.
public struct RegistryProcess: Sendable {
    /// Which program serves.
    public enum Server: String, Sendable {
        /// Ours, as the build made it, beside the test bundle.
        case registryd
        /// Debian's `docker-registry`.
        case peer = "docker-registry"

        /// The one under test: ours, or with `REGISTRYD_TEST_SERVER=peer` the peer, which proves the tests themselves.
        public static let underTest: Server =
            ProcessInfo.processInfo.environment["REGISTRYD_TEST_SERVER"] == "peer" ? .peer : .registryd
    }

    /// The secret of upload states that all test registries share.
    public static let secret = "a secret that both sides know"

    /// Which program serves.
    public let server: Server
    /// The port it listens on.
    public let port: UInt16
    /// The folder that holds its data.
    public let root: URL
    private let scratch: ScratchFolder
    private let daemon: Daemon

    /// Starts a registry and waits until it answers.
    ///
    /// - Parameters:
    ///   - server: The program.
    ///   - root: The folder with its data; without one, an empty folder that goes when the registry stops.
    ///   - environment: More `REGISTRY_*` variables.
    ///   - file: A configuration file; the variables override what it says.
    /// - Throws: ``CommandFailure`` where it is missing or doesn't come up.
    public static func start(
        _ server: Server = .underTest,
        root: URL? = nil,
        environment: [String: String] = [:],
        file: URL? = nil
    ) async throws -> RegistryProcess {
        let scratch = try ScratchFolder(name: "server")
        let port = try LoopbackSocket.freePort()
        let root = try root ?? scratch.makeFolder("data")
        let settings = [
            "REGISTRY_HTTP_ADDR": "127.0.0.1:\(port)",
            "REGISTRY_HTTP_SECRET": secret,
            "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": root.path(percentEncoded: false),
            "REGISTRY_STORAGE_DELETE_ENABLED": "true",
            "REGISTRY_LOG_LEVEL": "info",
        ]
        let daemon = try Daemon.start(
            programPath(server),
            ["serve"] + (try file.map { [$0.path(percentEncoded: false)] } ?? configuration(server, in: scratch)),
            environment: settings.merging(environment) { $1 },
            log: scratch.path("log")
        )
        let registry = RegistryProcess(server: server, port: port, root: root, scratch: scratch, daemon: daemon)
        do {
            try await daemon.waitUntilReady { (try? await registry.wire.send(WireRequest("GET", "/v2/"))) != nil }
        } catch {
            await registry.stop()
            throw error
        }
        return registry
    }

    /// Host and port, as clients write it before a repository's name.
    public var authority: String { "127.0.0.1:\(port)" }

    /// The registry's address.
    public var baseURL: String { "http://\(authority)" }

    /// A client for single requests.
    public var wire: WireClient { WireClient(port: port) }

    /// A client that pushes and pulls whole images and checks every digest.
    public var reader: RegistryReader { RegistryReader(wire: wire) }

    /// What the registry printed, without the middle where it is long.
    public var logText: String { daemon.logText }

    /// Whether the registry printed a text.
    public func hasPrinted(_ text: String) -> Bool { daemon.hasPrinted(text) }

    /// Sends the process a signal.
    public func send(signal: Int32) { daemon.send(signal: signal) }

    /// Stops the registry and deletes what it was started with, but not a `root` that was given.
    ///
    /// - Returns: Whether it ended by itself on the signal.
    @discardableResult
    public func stop() async -> Bool {
        let graceful = await daemon.stop()
        scratch.remove()
        return graceful
    }

    /// Runs a test's body with a fresh registry, and stops it whatever happens.
    ///
    /// - Throws: What the body throws; the failure of a command or of a connection gets the registry's log as well.
    public static func with(
        _ server: Server = .underTest,
        root: URL? = nil,
        environment: [String: String] = [:],
        _ body: (RegistryProcess) async throws -> Void
    ) async throws {
        let registry = try await start(server, root: root, environment: environment)
        do {
            try await body(registry)
        } catch  where error is CommandFailure || error is WireError {
            let log = registry.logText
            await registry.stop()
            throw CommandFailure("\(error)\n-- the registry's log:\n\(log)")
        } catch {
            await registry.stop()
            throw error
        }
        await registry.stop()
    }

    /// The path of a program, or its name where the system's `PATH` has it.
    ///
    /// - Throws: where ours is not built.
    public static func programPath(_ server: Server) throws -> String {
        switch server {
        case .peer: server.rawValue
        case .registryd: try Locations.products.appending(path: "registryd").path(percentEncoded: false)
        }
    }

    /// The peer wants a file to start from; ours takes its defaults and the variables.
    private static func configuration(_ server: Server, in scratch: ScratchFolder) throws -> [String] {
        guard server == .peer else { return [] }
        let file = scratch.path("config.yml")
        let text = "version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}}\nhttp: {addr: 127.0.0.1:0}\n"
        try Data(text.utf8).write(to: file)
        return [file.path(percentEncoded: false)]
    }
}
