/// A page in [Prometheus's text format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format),
/// version 0.0.4.
public struct MetricsPage: Sendable {
    /// What the page is sent as.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page so far.
    public private(set) var text = ""
    private var name = ""

    /// Makes an empty page.
    public init() {}

    /// The kind of a metric.
    public enum Kind: String, Sendable {
        /// A number that grows.
        case counter
        /// A number that grows and shrinks.
        case gauge
        /// Buckets, a sum and a count.
        case histogram
    }

    /// Begins a metric; the samples that follow are its.
    ///
    /// - Parameter help: what it is, on one line.
    public mutating func begin(_ name: String, _ kind: Kind, help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes a sample.
    public mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Int) {
        text += "\(name)\(Self.rendered(labels)) \(value)\n"
    }

    /// Writes the only sample of a metric without labels.
    public mutating func sample(_ value: Int) { sample([:], value) }

    /// Writes the only sample of a metric without labels, where it is no whole number.
    public mutating func sample(_ value: Double) { text += "\(name) \(value)\n" }

    /// Writes a histogram's buckets, sum and count.
    public mutating func sample(_ labels: KeyValuePairs<String, String>, _ histogram: Histogram) {
        let (sum, counts) = histogram.snapshot
        let inner = Self.inner(labels)
        let prefix = inner.isEmpty ? "" : inner + ","
        var total = 0
        for (bound, count) in zip(histogram.buckets.bounds, counts) {
            total += count
            text += "\(name)_bucket{\(prefix)le=\"\(histogram.buckets.shown(bound))\"} \(total)\n"
        }
        total += counts.last ?? 0
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(total)\n"
        text += "\(name)_sum\(Self.rendered(labels)) \(histogram.buckets.shown(sum))\n"
        text += "\(name)_count\(Self.rendered(labels)) \(total)\n"
    }

    private static func rendered(_ labels: KeyValuePairs<String, String>) -> String {
        labels.isEmpty ? "" : "{\(inner(labels))}"
    }

    private static func inner(_ labels: KeyValuePairs<String, String>) -> String {
        labels.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += #"\\"#
            case "\"": text += #"\""#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Histogram.Buckets {
    /// A number in the unit that is shown.
    fileprivate func shown(_ value: Int) -> String {
        if scale == 1 { return String(value) }
        let text = "\(Double(value) / Double(scale))"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// All that a metrics page shows.
public struct Metrics: Sendable {
    private let sources: [any MetricSource]

    /// Makes a page of sources, in this order. No two of them have a metric of the same name.
    public init(_ sources: [any MetricSource]) { self.sources = sources }

    /// The page, as it is now. It may block for as long as reading small files of the system takes.
    public func page() -> String {
        var page = MetricsPage()
        for source in sources { source.write(into: &page) }
        return page.text
    }
}
