import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryOperations
import RegistryStorage

/// A store that a verb works on by itself, without a server of its own.
struct OpenStore: Sendable {
    let registry: Registry
    let settings: OwnSettings

    /// Runs a body with the store of a configuration.
    ///
    /// - Throws: what the body throws.
    static func with(_ configuration: Configuration, _ body: (OpenStore) async throws -> Void) async throws {
        let files = NIOThreadPool(numberOfThreads: 16)
        let hashing = NIOThreadPool(numberOfThreads: 2)
        files.start()
        hashing.start()
        var options = Composition.options(configuration)
        // An operator at the machine needs no leave from the file.
        options.allowsDeletion = true
        let driver = Composition.driver(configuration, files: files)
        let registry = Registry(
            driver: driver,
            options: options,
            hashing: ThreadPoolTaskExecutor(hashing)
        )
        do {
            try await (driver as? FilesystemDriver)?.recoverWrites()
            try await withTaskExecutorPreference(BackgroundTaskExecutor(files)) {
                try await body(OpenStore(registry: registry, settings: OwnSettings(configuration)))
            }
        } catch {
            try? await files.shutdownGracefully()
            try? await hashing.shutdownGracefully()
            throw error
        }
        try await files.shutdownGracefully()
        try await hashing.shutdownGracefully()
    }
}

/// What a verb asks: the server that runs, by its socket, or else the store itself.
enum Administered {
    case server(AdministrationClient)
    case store(OpenStore)

    /// Runs a body with the running server of a configuration, or with its store where none answers at the socket.
    ///
    /// - Throws: what the body throws, as `ExitCode.failure` after it has been told.
    static func with(_ file: ConfigurationFile, _ body: (Administered) async throws -> Void) async throws {
        let configuration = try file.load()
        try Composition.checkAvailable(configuration)
        do {
            if let socket = OwnSettings(configuration).administrationSocket,
                FileManager.default.fileExists(atPath: socket)
            {
                // A server that was killed leaves its socket; the client tries such a one again for as long as it may.
                let timeout = HTTPClient.Configuration.Timeout(connect: .seconds(1))
                let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(timeout: timeout))
                let administration = AdministrationClient(client: client, socket: socket)
                if await administration.isServed() {
                    do {
                        try await body(.server(administration))
                    } catch {
                        try? await client.shutdown()
                        throw error
                    }
                    return try await client.shutdown()
                }
                try await client.shutdown()
            }
            try await OpenStore.with(configuration) { try await body(.store($0)) }
        } catch let code as ExitCode {
            throw code
        } catch {
            ConfigurationFile.print("\(Program.name): \(error)")
            throw ExitCode.failure
        }
    }
}
