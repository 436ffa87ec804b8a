import Foundation
import Histogram

/// What a run measured, as it is printed.
struct Report: Encodable {
    /// A kind of operation.
    struct Kind: Encodable {
        var operations: UInt64
        var perSecond: Double
        var latencyMilliseconds: [String: Double]
    }

    /// The generator's own part.
    struct Generator: Encodable {
        var cpuSeconds: Double
        /// Of the time that its threads had.
        var cpuShare: Double
        /// The share of that time in which they could have run and no processor was free: the machine is full.
        var waitedShare: Double
        /// Whether it, and not the server, may have set the pace.
        var bottleneck: Bool
    }

    var seconds: Double
    var operations: UInt64
    var perSecond: Double
    var requests: Int
    var requestsPerSecond: Double
    var megabytesPerSecond: Double
    var bytesReceived: Int
    var bytesSent: Int
    var latencyMilliseconds: [String: Double]
    var kinds: [String: Kind] = [:]
    var errors: [String: Int]
    /// Operations that the end cut off; they are in the latencies as ones that took at least so long.
    var unfinished: Int
    var rate: Double?
    var generator: Generator

    init(plan: Plan, result: LoopResult, usage: ProcessUsage) {
        seconds = result.seconds
        let time = max(result.seconds, 1e-9)
        var all = Recorder.histogram()
        for (kind, latencies) in result.latencies {
            all.add(latencies)
            kinds[kind.name] = Kind(
                operations: latencies.totalCount,
                perSecond: Double(latencies.totalCount) / time,
                latencyMilliseconds: Self.percentiles(latencies)
            )
        }
        operations = all.totalCount - UInt64(result.unfinished)
        perSecond = Double(operations) / time
        requests = result.requests
        requestsPerSecond = Double(requests) / time
        bytesReceived = result.bytesReceived
        bytesSent = result.bytesSent
        megabytesPerSecond = Double(result.bytesReceived + result.bytesSent) / 1e6 / time
        latencyMilliseconds = Self.percentiles(all)
        errors = result.errors
        unfinished = result.unfinished
        rate = plan.rate
        let cpu = usage.user + usage.system
        let share = cpu / time / Double(plan.threads)
        generator = Generator(
            cpuSeconds: cpu,
            cpuShare: share,
            waitedShare: usage.waited / time / Double(plan.threads),
            bottleneck: share > 0.9
        )
    }

    private static func percentiles(_ histogram: Histogram<UInt64>) -> [String: Double] {
        guard histogram.totalCount > 0 else { return [:] }
        var values = ["max": Double(histogram.maxRecorded) / 1000, "mean": histogram.mean / 1000]
        for (name, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9)] {
            values[name] = Double(histogram.valueAtPercentile(percentile)) / 1000
        }
        return values
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
