/// What the program says of itself (`registryd_…`).
public struct ProgramMetrics: MetricSource {
    private let version: String
    private let revision: String
    private let connections: @Sendable () -> Int
    private let droppedLines: @Sendable () -> KeyValuePairs<String, Int>
    private let isHealthy: @Sendable () -> Bool

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - version: the program's version.
    ///   - revision: the commit it was built from, if known.
    ///   - connections: how many connections are open now.
    ///   - droppedLines: how many lines of each log, and how many spans, were dropped: `log`, `access`, `mail`, `trace`.
    ///   - isHealthy: whether all checks pass.
    public init(
        version: String,
        revision: String = "",
        connections: @escaping @Sendable () -> Int,
        droppedLines: @escaping @Sendable () -> KeyValuePairs<String, Int> = { [:] },
        isHealthy: @escaping @Sendable () -> Bool = { true }
    ) {
        self.version = version
        self.revision = revision
        self.connections = connections
        self.droppedLines = droppedLines
        self.isHealthy = isHealthy
    }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        page.begin("registryd_build_info", .gauge, help: "1, with the program's version in its labels.")
        page.sample(["revision": revision, "version": version], 1)
        page.begin("registryd_connections", .gauge, help: "Open connections of clients.")
        page.sample(connections())
        page.begin("registryd_healthy", .gauge, help: "1 while all health checks pass, else 0.")
        page.sample(isHealthy() ? 1 : 0)
        page.begin(
            "registryd_log_dropped_total",
            .counter,
            help: "Lines and spans that were dropped because their reader was too slow."
        )
        for (log, count) in droppedLines() { page.sample(["log": log], count) }
    }
}
