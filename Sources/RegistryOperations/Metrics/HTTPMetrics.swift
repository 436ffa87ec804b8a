public import HTTPTypes
public import RegistryHTTP

/// Counts requests, by the replaced server's names (`registry_http_…`).
///
/// All that a request adds to is there before the first one comes, so that counting takes no lock and no memory.
/// Sizes are those of the contents, without heads.
public final class HTTPMetrics: ServerObserver, MetricSource {
    /// What is counted of one endpoint.
    private struct EndpointMetrics: Sendable {
        let inFlight = Gauge()
        let requestBytes = Histogram(.bytes)
        let responseBytes = Histogram(.bytes)
        let durations = HTTPMetrics.methods.map { _ in Histogram(.requestSeconds) }
        /// By method, then by code.
        let requests = AtomicNumbers(count: HTTPMetrics.methods.count * HTTPMetrics.codes.count)
    }

    private static let methods = ["get", "head", "put", "post", "patch", "delete", "options", "unknown"]
    /// What is answered; every other status counts as 0.
    private static let codes = [
        200, 201, 202, 204, 206, 301, 304, 307, 400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414, 415, 416, 417,
        422,
        429, 431, 499, 500, 501, 502, 503, 504, 505, 507, 0,
    ]
    private static let endpoints = Endpoint.allCases

    private let metrics: [EndpointMetrics]
    private let misunderstood = Counter()

    /// Makes metrics of no request.
    public init() { metrics = Self.endpoints.map { _ in EndpointMetrics() } }

    /// Counts a request as under way.
    public func exchangeStarted(_ request: HTTPRequest, from peer: Peer) {
        self[Endpoint(target: request.path)].inFlight.add(1)
    }

    /// Counts requests that were answered.
    public func exchangesFinished(_ exchanges: Span<Exchange>) {
        for place in exchanges.indices { count(exchanges[place]) }
    }

    private func count(_ exchange: Exchange) {
        guard let request = exchange.request else {
            misunderstood.add()
            return
        }
        let endpoint = self[Endpoint(target: request.path)]
        endpoint.inFlight.add(-1)
        endpoint.requestBytes.observe(Int(exchange.bytesReceived))
        endpoint.responseBytes.observe(Int(exchange.bytesSent))
        let method = Self.index(of: request.method)
        endpoint.durations[method].observe(exchange.duration)
        let code = Self.codes.firstIndex(of: exchange.status) ?? Self.codes.count - 1
        endpoint.requests.add(1, at: method * Self.codes.count + code)
    }

    /// Writes the metrics.
    public func write(into page: inout MetricsPage) {
        page.begin("registry_http_in_flight_requests", .gauge, help: "The in-flight HTTP requests")
        for (name, metrics) in named { page.sample(["handler": name], metrics.inFlight.value) }
        page.begin("registry_http_requests_total", .counter, help: "Total number of HTTP requests made.")
        for (name, metrics) in named { Self.write(metrics.requests, of: name, into: &page) }
        page.begin(
            "registry_http_request_duration_seconds",
            .histogram,
            help: "The HTTP request latencies in seconds."
        )
        for (name, metrics) in named {
            for (method, histogram) in zip(Self.methods, metrics.durations)
            where histogram.snapshot.counts.contains(where: { $0 > 0 }) {
                page.sample(["handler": name, "method": method], histogram)
            }
        }
        page.begin("registry_http_request_size_bytes", .histogram, help: "The HTTP request sizes in bytes.")
        for (name, metrics) in named { page.sample(["handler": name], metrics.requestBytes) }
        page.begin("registry_http_response_size_bytes", .histogram, help: "The HTTP response sizes in bytes.")
        for (name, metrics) in named { page.sample(["handler": name], metrics.responseBytes) }
        page.begin(
            "registryd_http_malformed_requests_total",
            .counter,
            help: "Requests that could not be understood, and have neither method nor endpoint."
        )
        page.sample(misunderstood.value)
    }

    private static func write(_ requests: AtomicNumbers, of handler: String, into page: inout MetricsPage) {
        for (index, count) in requests.values.enumerated() where count > 0 {
            let code = codes[index % codes.count]
            page.sample(
                [
                    "code": code == 0 ? "other" : String(code), "handler": handler,
                    "method": methods[index / codes.count],
                ],
                count
            )
        }
    }

    private var named: [(name: String, metrics: EndpointMetrics)] {
        zip(Self.endpoints, metrics).map { ($0.rawValue, $1) }
    }

    private subscript(endpoint: Endpoint) -> EndpointMetrics {
        metrics[Self.endpoints.firstIndex(of: endpoint) ?? metrics.count - 1]
    }

    private static func index(of method: HTTPRequest.Method) -> Int {
        switch method {
        case .get: 0
        case .head: 1
        case .put: 2
        case .post: 3
        case .patch: 4
        case .delete: 5
        case .options: 6
        default: 7
        }
    }
}
