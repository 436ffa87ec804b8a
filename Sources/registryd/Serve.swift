import ArgumentParser
import CLinux
import Foundation
import Logging
import NIOCore
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryOperations
import RegistryStorage
import RegistryTLS
import ServiceLifecycle
import UnixSignals

/// Serves a registry until SIGTERM or SIGINT, then lets running requests end.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve the registry.")

    @OptionGroup var file: ConfigurationFile

    func run() async throws {
        let configuration = try file.load()
        try Composition.checkAvailable(configuration)
        // Until the service that waits for it runs, the signal must not end the process.
        signal(SIGHUP, SIG_IGN)
        registryd_keep_memory()
        let pools = ThreadPools(configuration)
        let logs = Logs(configuration, pool: pools.logs, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        do {
            try await serve(configuration, pools, logs)
        } catch {
            logs.logger.error("stopped: \(error)")
            logs.flush()
            throw ExitCode.failure
        }
        logs.flush()
        try await pools.shutdown()
    }

    private func serve(_ configuration: Configuration, _ pools: ThreadPools, _ logs: Logs) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let operations = Operations(configuration, logs: logs, files: pools.files, eventLoopGroup: group)
        let driver = Composition.driver(
            configuration,
            files: pools.files,
            largeFiles: pools.largeFiles,
            logFlushes: pools.logFlushes
        )
        let writeLog = (driver as? FilesystemDriver).map { WriteLogService(driver: $0, logger: logs.logger) }
        await writeLog?.recover()
        let pulls = PullRecorder(isActive: false)
        let source = ResponderSource(
            registry: Registry(
                driver: operations.watching(driver: driver),
                options: Composition.options(configuration),
                events: pulls,
                hashing: ThreadPoolTaskExecutor(pools.hashing),
                spares: SpareUploads()
            ),
            passwords: pools.passwords,
            logger: logs.logger
        )
        let responder = ReplaceableResponder(try await source.responder(for: configuration))
        let administration = Administration(configuration, source: source, responder: responder, pulls: pulls)
        let tls = try Composition.tls(configuration, pool: pools.files, logger: logs.logger)
        // Its own line about where it listens is a part of the announcement.
        var serverLogger = logs.logger
        serverLogger.logLevel = .error
        let server = RegistryServer(
            configuration: try Composition.server(configuration, tls: tls),
            responder: operations.watching(responder: responder),
            eventLoopGroup: group,
            observer: operations.observer,
            logger: serverLogger
        )
        let reload = Reload(
            source: file.source,
            started: configuration,
            apply: { changed in
                try await administration.serve(changed)
                logs.output.level = Composition.level(changed)
                // What is wrong with the files is told by the notice.
                try? await tls?.reload()
            },
            logger: logs.logger
        )
        // Stopped from the last to the first: the server before what it needs, the logs after all.
        let services: [any Service] =
            logs.services + (OwnSettings(configuration).logsWrites ? writeLog.map { [$0] } ?? [] : [])
            + (tls.map { [$0] } ?? [])
            + operations.services(
                checking: driver,
                of: server,
                further: [QuotaMetrics(usage: { administration.quotaUsage })]
            )
            + (try administration.services(logs.logger, background: operations.background(on: pools.background)))
            + [reload, StartAnnouncement(server: server, configuration: configuration, logger: logs.logger), server]
        // Below "notice" it tells of each service that it starts and ends, which says nothing to an operator.
        var quiet = logs.logger
        quiet.logLevel = .notice
        try await ServiceGroup(
            configuration: .init(
                // Without a name each is described with all that it holds: passwords, secrets, the environment. And by
                // reflection, which was half of the instructions of a start.
                services: services.map { .init(service: $0, serviceName: "\(type(of: $0))") },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        ).run()
        administration.close()
        await operations.close()
    }
}

/// The threads for calls that block, each kind with its own so that none waits for another.
private struct ThreadPools {
    let files: NIOThreadPool
    /// They don't stay behind the event loops: a large push took a tenth longer when the thread that writes it did.
    let largeFiles = NIOThreadPool(numberOfThreads: FilesystemDriver.largeFilesAtOnce)
    /// Flushes the write-ahead log, for all pushes of small objects at once, and does not stay behind the event loops either.
    let logFlushes = NIOThreadPool(numberOfThreads: 1)
    /// Where two contents are hashed by turns, fewer threads: the contents that wait for one meet there, and to receive and to
    /// write them takes the other half of the processors. With eight clients that push 1 MiB two thirds are in pairs then, and
    /// half with a thread for each processor.
    let hashing = NIOThreadPool(
        numberOfThreads: ContentHasher.canPair ? max(1, System.coreCount / 2) : System.coreCount
    )
    /// Logins take no more than half the machine from pulls and pushes.
    let passwords = NIOThreadPool(numberOfThreads: (System.coreCount + 1) / 2)
    /// What goes on beside requests, and gives way to them.
    let background = NIOThreadPool(numberOfThreads: max(2, min(System.coreCount, 8)))
    /// One thread for each of the two outputs: a reader of one that stops must not stop the other.
    let logs = NIOThreadPool(numberOfThreads: 2)

    init(_ configuration: Configuration) {
        // The replaced server bounds its file operations by goroutines, of which 100 are cheap; here each is a thread.
        var threads = 1
        if case .filesystem(let parameters) = configuration.storage.driver { threads = min(parameters.maxThreads, 32) }
        files = NIOThreadPool(numberOfThreads: threads)
        largeFiles.start()
        logFlushes.start()
        NIOThreadPool.startBehindLoops([files, hashing, passwords, background, logs])
    }

    func shutdown() async throws {
        for pool in [files, largeFiles, logFlushes, hashing, passwords, background, logs] {
            try await pool.shutdownGracefully()
        }
    }
}
