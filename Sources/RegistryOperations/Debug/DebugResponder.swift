public import HTTPTypes
internal import NIOCore
public import NIOPosix
internal import RegistryCore
public import RegistryHTTP

/// Answers the paths of the debug server (`http.debug.addr`): health, metrics and variables. Whoever reaches it may ask:
/// it has neither users nor TLS, as in the replaced server.
public struct DebugResponder: Responder {
    private let health: Health
    private let metrics: Metrics?
    private let metricsPath: String?
    private let variables: DebugVariables
    private let pool: NIOThreadPool

    /// Makes a responder.
    ///
    /// - Parameters:
    ///   - health: what `/debug/health` shows and the two paths below it change.
    ///   - metrics: what the metrics page shows.
    ///   - metricsPath: where the page is (`http.debug.prometheus.path`); `nil` shows none.
    ///   - variables: what `/debug/vars` shows.
    ///   - pool: where small files of the system are read.
    public init(
        health: Health,
        metrics: Metrics? = nil,
        metricsPath: String? = nil,
        variables: DebugVariables = DebugVariables(),
        pool: NIOThreadPool
    ) {
        self.health = health
        self.metrics = metrics
        self.metricsPath = metricsPath.map { $0.isEmpty ? "/metrics" : $0.hasPrefix("/") ? $0 : "/\($0)" }
        self.variables = variables
        self.pool = pool
    }

    /// Answers one request.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        let path = String((request.path ?? "/").prefix { $0 != "?" })
        let isReading = request.method == .get || request.method == .head
        if isReading, let metrics, path == metricsPath {
            return await page(MetricsPage.contentType) { metrics.page() }
        }
        switch path {
        case "/debug/health" where isReading: return status()
        case "/debug/health/down" where request.method == .post: return change(isDown: true)
        case "/debug/health/up" where request.method == .post: return change(isDown: false)
        case "/debug/vars" where isReading:
            return await page("application/json; charset=utf-8") { [variables] in variables.page() }
        case _ where path == "/debug/pprof" || path.hasPrefix("/debug/pprof/"):
            return text(
                .notImplemented,
                """
                These are profiles of Go programs, and this is none. Use perf(1) on the process:
                  perf record -g -p PID -- sleep 30; perf report
                and for numbers /debug/vars and the metrics page.

                """
            )
        default: return text(.notFound, "404 page not found\n")
        }
    }

    private func status() -> Response {
        let problems = health.problems
        var body = ByteBuffer()
        body.writeJSONObject(problems)
        return Response(
            problems.isEmpty ? .ok : .serviceUnavailable,
            headers: [.contentType: "application/json"],
            body: .bytes(body)
        )
    }

    private func change(isDown: Bool) -> Response {
        health.setManually(isDown: isDown)
        return Response(.ok)
    }

    private func page(_ type: String, _ make: @escaping @Sendable () -> String) async -> Response {
        do {
            let text = try await pool.runIfActive { make() }
            return Response(.ok, headers: [.contentType: type], body: .bytes(ByteBuffer(string: text)))
        } catch {
            return text(.serviceUnavailable, "the server is stopping\n")
        }
    }

    private func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status,
            headers: [.contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff"],
            body: .bytes(ByteBuffer(string: text))
        )
    }
}
