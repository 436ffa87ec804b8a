public import AsyncHTTPClient
public import Logging
internal import NIOCore
internal import NIOHTTP1
public import ServiceLifecycle
internal import Synchronization

/// Sends a tracer's spans to a collector by [OTLP](https://opentelemetry.io/docs/specs/otlp/) over HTTP.
///
/// A post that fails is not repeated: its spans are dropped and counted, and the log hears of it once a minute at the
/// most.
public struct SpanExporter: Service {
    private let tracer: RegistryTracer
    private let client: HTTPClient
    private let logger: Logger
    private let reports = FailureReports()

    /// Makes an exporter.
    public init(_ tracer: RegistryTracer, client: HTTPClient, logger: Logger) {
        self.tracer = tracer
        self.client = client
        self.logger = logger
    }

    /// Sends spans until the service is told to stop, then those that wait.
    public func run() async throws {
        for warning in tracer.configuration.warnings { logger.warning("\(warning)") }
        var isLast = false
        repeat {
            // Only the pause is cut short: what is being sent then would be lost.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: tracer.configuration.interval) }
            guard !Task.isCancelled else { return }
            isLast = Task.isShuttingDownGracefully
            await sendAll()
        } while !isLast
    }

    private func sendAll() async {
        while true {
            let spans = tracer.spans.take(tracer.configuration.batch)
            guard !spans.isEmpty else { return }
            do {
                try await send(spans)
            } catch {
                tracer.spans.countLost(spans.count)
                tell("\(error)")
                return
            }
        }
    }

    private func send(_ spans: [RegistrySpan.Record]) async throws {
        let configuration = tracer.configuration
        var request = HTTPClientRequest(url: configuration.endpoint)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        for header in configuration.headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(SpanEncoding.body(spans, resource: configuration.resource))
        let response = try await client.execute(request, timeout: .init(configuration.timeout))
        // The connection can be used again only once the answer was read.
        _ = try? await response.body.collect(upTo: 64 * 1024)
        guard (200..<300).contains(response.status.code) else { throw Refusal(status: response.status.code) }
    }

    private func tell(_ error: String) {
        guard let failures = reports.failed(at: .now) else { return }
        logger.warning(
            "spans could not be sent to the collector, and are dropped",
            metadata: [
                "error": "\(error)", "trace.endpoint": "\(tracer.configuration.endpoint)",
                "trace.failures": .stringConvertible(failures),
                "trace.dropped": .stringConvertible(tracer.dropped),
            ]
        )
    }

    private struct Refusal: Error, CustomStringConvertible {
        let status: UInt
        var description: String { "the collector answered \(status)" }
    }
}

/// Lets a report of failures through once a minute.
final class FailureReports: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var failures = 0
    }

    private let state = Mutex(State())

    /// Counts a failure.
    ///
    /// - Returns: how many there were since the last report, when another is due.
    func failed(at now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            state.failures += 1
            if let last = state.last, last.duration(to: now) < .seconds(60) { return nil }
            defer { state = State(last: now) }
            return state.failures
        }
    }
}
