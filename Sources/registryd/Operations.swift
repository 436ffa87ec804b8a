import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryOperations
import RegistryStorage
import ServiceLifecycle

/// What an operator looks at beside the logs: health, metrics, traces, and the debug server that shows them.
struct Operations: Sendable {
    let health = Health()
    private let configuration: Configuration
    private let logs: Logs
    private let files: NIOThreadPool
    private let eventLoopGroup: any EventLoopGroup
    private let httpMetrics: HTTPMetrics?
    private let storageMetrics: StorageMetrics?
    private let tracer: RegistryTracer?
    /// What checks of other servers, and traces, are sent with; `nil` when nothing is sent.
    private let client: HTTPClient?
    private let answers = AnswerCount()

    init(_ configuration: Configuration, logs: Logs, files: NIOThreadPool, eventLoopGroup: any EventLoopGroup) {
        self.configuration = configuration
        self.logs = logs
        self.files = files
        self.eventLoopGroup = eventLoopGroup
        let showsMetrics = configuration.http.debug?.metricsPath != nil
        httpMetrics = showsMetrics ? HTTPMetrics() : nil
        storageMetrics = showsMetrics ? StorageMetrics(driver: configuration.storage.driver.name) : nil
        tracer = TracingConfiguration(environment: ProcessInfo.processInfo.environment, version: Program.version)
            .map(RegistryTracer.init)
        client =
            tracer != nil || !configuration.health.http.isEmpty
            ? HTTPClient(eventLoopGroupProvider: .shared(eventLoopGroup)) : nil
    }

    /// What hears of each request.
    var observer: (any ServerObserver)? {
        CombinedObserver(logs.observers + (httpMetrics.map { [$0] } ?? []) + [answers])
    }

    /// Where work goes on that gives way to requests.
    func background(on threads: NIOThreadPool) -> BackgroundTaskExecutor {
        BackgroundTaskExecutor(threads, givingWayTo: { [answers] in answers.value })
    }

    /// A driver whose calls are measured and traced, where that is wished.
    func watching(driver: any StorageDriver) -> any StorageDriver {
        var driver = driver
        if let tracer { driver = TracedDriver(driver, tracer: tracer) }
        if let storageMetrics { driver = MeteredDriver(driver, metrics: storageMetrics) }
        return driver
    }

    /// A responder whose requests are traced, and refused while a check fails, where that is wished.
    func watching(responder: some Responder) -> any Responder {
        if let tracer { return gated(TracingResponder(responder, tracer: tracer)) }
        return gated(responder)
    }

    private func gated(_ responder: some Responder) -> any Responder {
        // Without checks, and without a server at which one can be failed by hand, there is nothing to ask.
        hasChecks || configuration.http.debug != nil ? HealthGate(responder, health: health) : responder
    }

    private var hasChecks: Bool {
        let health = configuration.health
        return health.storageDriver != nil || !health.files.isEmpty || !health.http.isEmpty || !health.tcp.isEmpty
    }

    /// The services of health, traces and the debug server.
    ///
    /// - Parameters:
    ///   - driver: the store that is checked.
    ///   - server: the server whose connections are counted.
    ///   - metrics: what else the debug server shows.
    func services(
        checking driver: any StorageDriver,
        of server: RegistryServer,
        further metrics: [any MetricSource]
    ) -> [any Service] {
        let store = driver as? FilesystemDriver
        var services: [any Service] = [MemoryReturn(answers: answers, server: server, store: store, threads: files)]
        if let tracer, let client { services.append(SpanExporter(tracer, client: client, logger: logs.logger)) }
        if hasChecks { services.append(HealthService(checks: checks(driver), health: health, logger: logs.logger)) }
        if let debug = debugServer(countingConnectionsOf: server, further: metrics) { services.append(debug) }
        return services
    }

    private func debugServer(
        countingConnectionsOf server: RegistryServer,
        further metrics: [any MetricSource]
    ) -> RegistryServer? {
        guard let debug = configuration.http.debug else { return nil }
        let (logs, health) = (logs, health)
        var sources: [any MetricSource] = [
            ProgramMetrics(
                version: Program.version,
                connections: { server.connectionCount },
                droppedLines: { logs.dropped },
                isHealthy: { health.isHealthy }
            ),
            ProcessMetrics(),
        ]
        if let httpMetrics { sources.append(httpMetrics) }
        if let storageMetrics { sources.append(storageMetrics) }
        return DebugServer.make(
            host: debug.address.host.isEmpty ? "::" : debug.address.host,
            port: debug.address.port,
            responder: DebugResponder(
                health: health,
                metrics: Metrics(sources + metrics),
                metricsPath: debug.metricsPath,
                pool: files
            ),
            eventLoopGroup: eventLoopGroup,
            logger: logs.logger
        )
    }

    private func checks(_ driver: any StorageDriver) -> [HealthCheck] {
        let health = configuration.health
        var checks: [HealthCheck] = []
        if let schedule = health.storageDriver {
            checks.append(
                .storage(
                    driver,
                    type: configuration.storage.driverKey,
                    interval: schedule.interval,
                    threshold: schedule.threshold
                )
            )
            if OwnSettings(configuration).healthWrites, !configuration.storage.isReadOnly,
                configuration.storage.driverKey == "filesystem"
            {
                checks.append(
                    .storageWrite(
                        driver,
                        type: configuration.storage.driverKey,
                        interval: schedule.interval,
                        threshold: schedule.threshold
                    )
                )
            }
        }
        checks += health.files.map { .file($0.path, interval: $0.schedule.interval, pool: files) }
        if let client {
            checks += health.http.map { check in
                .http(
                    check.uri,
                    status: check.statusCode,
                    headers: check.headers.flatMap { field in field.values.map { (name: field.name, value: $0) } },
                    timeout: check.timeout,
                    interval: check.schedule.interval,
                    threshold: check.schedule.threshold,
                    client: client
                )
            }
        }
        checks += health.tcp.map { check in
            let address = ListenAddress(check.address)
            return .tcp(
                name: check.address,
                host: address?.host ?? check.address,
                port: address?.port ?? 80,
                timeout: check.timeout,
                interval: check.schedule.interval,
                threshold: check.schedule.threshold,
                group: eventLoopGroup
            )
        }
        return checks
    }

    /// Ends what was opened for it.
    func close() async { try? await client?.shutdown() }
}
