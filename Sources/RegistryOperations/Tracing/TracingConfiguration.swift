/// Where spans go, from [OpenTelemetry's variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
///
/// Without `OTEL_TRACES_EXPORTER` or an endpoint there is no tracing: the replaced server's default sends to a collector
/// that is not there, and fills its log with failures.
public struct TracingConfiguration: Sendable, Hashable {
    /// Which traces are recorded.
    public enum Sampler: Sendable, Hashable {
        /// All.
        case always
        /// None.
        case never
        /// This part of all, from 0 to 1.
        case ratio(Double)
    }

    /// The URL that spans are posted to.
    public var endpoint: String
    /// Further header fields of the posts.
    public var headers: [(name: String, value: String)] { headerPairs.map { ($0.first ?? "", $0.last ?? "") } }
    /// Attributes of the service; its name is `service.name`.
    public var resource: [String: String]
    /// Which traces are recorded.
    public var sampler = Sampler.always
    /// Whether a caller's decision to record a trace prevails.
    public var followsParent = true
    /// How long a post may take.
    public var timeout: Duration = .seconds(10)
    /// The time between two posts.
    public var interval: Duration = .seconds(5)
    /// How many spans may wait.
    public var capacity = 2048
    /// How many spans go in one post.
    public var batch = 512
    /// What could not be used, for the log.
    public private(set) var warnings: [String] = []
    private var headerPairs: [[String]] = []

    /// Reads the variables.
    ///
    /// - Returns: `nil` when they ask for no tracing.
    public init?(environment: [String: String], version: String) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if value("OTEL_SDK_DISABLED")?.lowercased() == "true" { return nil }
        let exporters = value("OTEL_TRACES_EXPORTER")?.split(separator: ",").map(String.init)
        let exact = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        let base = value("OTEL_EXPORTER_OTLP_ENDPOINT")
        guard exporters?.contains("otlp") ?? (exact != nil || base != nil) else { return nil }
        if let exact {
            endpoint = exact
        } else {
            let base = base ?? "http://localhost:4318"
            endpoint = base + (base.hasSuffix("/") ? "" : "/") + "v1/traces"
        }
        resource = ["service.name": "distribution", "service.version": version]
        for pair in Self.pairs(value("OTEL_RESOURCE_ATTRIBUTES")) { resource[pair[0]] = pair[1] }
        if let name = value("OTEL_SERVICE_NAME") { resource["service.name"] = name }
        headerPairs = Self.pairs(
            value("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? value("OTEL_EXPORTER_OTLP_HEADERS")
        )
        readSampler(value("OTEL_TRACES_SAMPLER"), argument: value("OTEL_TRACES_SAMPLER_ARG"))
        readNumbers(value)
        if let other = value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? value("OTEL_EXPORTER_OTLP_PROTOCOL"),
            other != "http/json"
        {
            warnings.append("OTLP is sent as http/json, not as \(other); collectors take both at the same URL")
        }
    }

    private mutating func readSampler(_ name: String?, argument: String?) {
        let ratio = argument.flatMap { Double($0) }.map { min(max($0, 0), 1) } ?? 1
        switch name {
        case nil, "parentbased_always_on": break
        case "always_on": followsParent = false
        case "always_off": (sampler, followsParent) = (.never, false)
        case "traceidratio": (sampler, followsParent) = (.ratio(ratio), false)
        case "parentbased_always_off": sampler = .never
        case "parentbased_traceidratio": sampler = .ratio(ratio)
        case let other?: warnings.append("OTEL_TRACES_SAMPLER: \(other) is not known; all traces are recorded")
        }
    }

    private mutating func readNumbers(_ value: (String) -> String?) {
        func milliseconds(_ name: String) -> Duration? {
            value(name).flatMap { Int($0) }.flatMap { $0 > 0 ? .milliseconds($0) : nil }
        }
        func count(_ name: String) -> Int? { value(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }
        timeout =
            milliseconds("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") ?? milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT") ?? timeout
        interval = milliseconds("OTEL_BSP_SCHEDULE_DELAY") ?? interval
        capacity = count("OTEL_BSP_MAX_QUEUE_SIZE") ?? capacity
        batch = min(count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") ?? batch, capacity)
    }

    /// Names and values of the form `a=1,b=2`, percent-decoded.
    private static func pairs(_ text: String?) -> [[String]] {
        (text ?? "").split(separator: ",").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            return parts.map { decoded($0.drop { $0 == " " }) }
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
