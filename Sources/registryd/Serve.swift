import ArgumentParser
import Foundation
import Logging
import NIOCore
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTLS
import ServiceLifecycle
import UnixSignals

/// Serves a registry until SIGTERM or SIGINT, then lets running requests end.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the registry.")

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        let configuration = try file.load()
        try Composition.checkAvailable(configuration)
        var logger = Logger(label: "registryd")
        logger.logLevel = Composition.level(configuration)

        // Until the service that waits for it runs, the signal must not end the process.
        signal(SIGHUP, SIG_IGN)
        let files = NIOThreadPool(numberOfThreads: fileThreads(configuration))
        let hashing = NIOThreadPool(numberOfThreads: System.coreCount)
        // Logins take no more than half the machine from pulls and pushes.
        let passwords = NIOThreadPool(numberOfThreads: (System.coreCount + 1) / 2)
        files.start()
        hashing.start()
        passwords.start()
        do {
            try await serve(configuration, files, hashing, passwords, logger)
        } catch {
            logger.error("stopped", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
        try await files.shutdownGracefully()
        try await hashing.shutdownGracefully()
        try await passwords.shutdownGracefully()
    }

    private func serve(
        _ configuration: Configuration,
        _ files: NIOThreadPool,
        _ hashing: NIOThreadPool,
        _ passwords: NIOThreadPool,
        _ logger: Logger
    ) async throws {
        let source = ResponderSource(
            registry: Registry(
                driver: Composition.driver(configuration, files: files),
                options: Composition.options(configuration),
                hashing: ThreadPoolTaskExecutor(hashing)
            ),
            passwords: passwords,
            logger: logger
        )
        let responder = ReplaceableResponder(try await source.responder(for: configuration))
        let tls = try Composition.tls(configuration, logger: logger)
        let server = RegistryServer(
            configuration: try Composition.server(configuration, tls: tls),
            responder: responder,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        let reload = Reload(
            source: file.source,
            started: configuration,
            apply: {
                responder.replace(with: try await source.responder(for: $0))
                try await tls?.reload()
            },
            logger: logger
        )
        let services: [any Service] = [server, reload] + (tls.map { [$0] } ?? [])
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    /// The replaced server bounds its file operations by goroutines, of which 100 are cheap; here each is a thread.
    private func fileThreads(_ configuration: Configuration) -> Int {
        guard case .filesystem(let parameters) = configuration.storage.driver else { return 1 }
        return min(parameters.maxThreads, 32)
    }
}
