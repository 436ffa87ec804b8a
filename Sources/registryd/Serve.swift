import ArgumentParser
import Foundation
import Logging
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryStorage
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the registry.")

    @Argument(help: "The configuration file.")
    var file: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let root = environment["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"] ?? "./data"
        let address = environment["REGISTRY_HTTP_ADDR"] ?? "127.0.0.1:5000"
        let colon = address.lastIndex(of: ":") ?? address.endIndex
        let logger = Logger(label: "registryd")
        let files = NIOThreadPool(numberOfThreads: 16)
        files.start()
        let hashing = NIOThreadPool(numberOfThreads: 2)
        hashing.start()
        let driver = FilesystemDriver(root: root, threadPool: files)
        var options = Registry.Options()
        options.allowsDeletion = environment["REGISTRY_STORAGE_DELETE_ENABLED"] == "true"
        let registry = Registry(driver: driver, options: options, hashing: ThreadPoolTaskExecutor(hashing))
        let secret =
            if let secret = environment["REGISTRY_HTTP_SECRET"] { Array(secret.utf8) } else {
                try await registry.uploadSecret()
            }
        let responder = RegistryResponder(registry: registry, options: .init(uploadSecret: secret))
        let server = RegistryServer(
            configuration: ServerConfiguration(
                host: String(address[..<colon]), port: Int(address[address.index(after: colon)...]) ?? 5000),
            responder: responder, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
