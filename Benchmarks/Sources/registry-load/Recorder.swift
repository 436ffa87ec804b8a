import Histogram
import NIOCore

/// Counts what happens on one event loop.
final class Recorder {
    /// A minute in microseconds; what takes longer makes the histogram grow.
    private static let expectedMaximum: UInt64 = 60_000_000
    /// In the order of the kinds.
    private var latencies: [Histogram<UInt64>?] = OperationKind.allCases.map { _ in nil }
    private var bytesReceived = 0
    private var bytesSent = 0
    private var errors: [String: Int] = [:]
    private var unfinished = 0
    private(set) var failures = 0
    var requests = 0

    static func histogram() -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(
            highestTrackableValue: expectedMaximum,
            numberOfSignificantValueDigits: .three
        )
        histogram.autoResize = true
        return histogram
    }

    func received(_ count: Int) {
        bytesReceived += count
    }

    func sent(_ count: Int) {
        bytesSent += count
    }

    func succeeded(_ kind: OperationKind, after time: TimeAmount) {
        record(kind, time)
    }

    private func record(_ kind: OperationKind, _ time: TimeAmount) {
        let place = kind.rawValue
        if latencies[place] == nil { latencies[place] = Self.histogram() }
        latencies[place]?.record(UInt64(max(0, time.nanoseconds / 1000)))
    }

    func failed(_ error: LoadError) {
        errors[error.text, default: 0] += 1
        failures += 1
    }

    /// An operation that the end cut off; it counts as one that took at least so long.
    func unfinished(after time: TimeAmount) {
        unfinished += 1
        record(.pull, time)
    }

    func result(seconds: Double) -> LoopResult {
        LoopResult(
            seconds: seconds,
            latencies: latencies.enumerated().reduce(into: [:]) { all, entry in
                if let kind = OperationKind(rawValue: entry.offset) { all[kind] = entry.element }
            },
            requests: requests,
            bytesReceived: bytesReceived,
            bytesSent: bytesSent,
            errors: errors,
            unfinished: unfinished
        )
    }
}

/// What was counted on one event loop.
struct LoopResult: Sendable {
    var seconds = 0.0
    var latencies: [OperationKind: Histogram<UInt64>] = [:]
    var requests = 0
    var bytesReceived = 0
    var bytesSent = 0
    var errors: [String: Int] = [:]
    var unfinished = 0

    mutating func add(_ other: LoopResult) {
        seconds = max(seconds, other.seconds)
        latencies.merge(other.latencies) { mine, theirs in
            var sum = mine
            sum.add(theirs)
            return sum
        }
        requests += other.requests
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        errors.merge(other.errors, uniquingKeysWith: +)
        unfinished += other.unfinished
    }
}
