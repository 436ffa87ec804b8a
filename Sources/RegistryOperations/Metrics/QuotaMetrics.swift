public import RegistryCore

/// How much of each quota is used (`registryd_quota_…`).
public struct QuotaMetrics: MetricSource {
    private let usage: @Sendable () -> [QuotaUsage]

    /// Makes metrics.
    ///
    /// - Parameter usage: how much is used at the moment.
    public init(usage: @escaping @Sendable () -> [QuotaUsage]) { self.usage = usage }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        let usage = usage()
        guard !usage.isEmpty else { return }
        page.begin("registryd_quota_used_bytes", .gauge, help: "Bytes that the repositories of a quota hold")
        for quota in usage {
            if let used = quota.used { page.sample(["rule": quota.rule], Int(used)) }
        }
        page.begin("registryd_quota_limit_bytes", .gauge, help: "Bytes that the repositories of a quota may hold")
        for quota in usage { page.sample(["rule": quota.rule], Int(quota.limit)) }
    }
}
