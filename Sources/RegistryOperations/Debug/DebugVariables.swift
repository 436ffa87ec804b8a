internal import NIOCore
internal import RegistryCore

/// What `/debug/vars` shows: the parts of the replaced server's page that mean something here.
public struct DebugVariables: Sendable {
    /// What became of notifications, when there are endpoints.
    public var notifications: NotificationMetrics?
    /// What the pull-through cache did, when there is one.
    public var proxy: ProxyMetrics?
    /// What the cache of descriptors did, when there is one.
    public var cache: CacheMetrics?

    /// Makes a page of the process alone.
    public init() {}

    /// The page, as it is now. It reads small files of the system.
    func page() -> String {
        var page = ByteBuffer()
        var isFirst = true
        page.writeString("{")
        page.writeJSONName("cmdline", isFirst: &isFirst)
        page.writeJSONStrings(Self.commandLine)
        page.writeJSONName("memstats", isFirst: &isFirst)
        let status = ProcessStatus()
        // Go's names, with the nearest that the system knows.
        page.writeNumbers([("Sys", status?.virtualBytes ?? 0), ("HeapInuse", status?.residentBytes ?? 0)])
        page.writeJSONName("registry", isFirst: &isFirst)
        writeRegistry(into: &page)
        page.writeString("}\n")
        return String(buffer: page)
    }

    /// The program's arguments. None of them is a secret: passwords come by the configuration and the environment.
    private static var commandLine: [String] {
        (ProcessStatus.read("/proc/self/cmdline") ?? "").split(separator: "\0").map(String.init)
    }

    private func writeRegistry(into page: inout ByteBuffer) {
        var isFirst = true
        page.writeString("{")
        if let cache {
            page.writeJSONName("cache", isFirst: &isFirst)
            page.writeString(#"{"blobdescriptor":"#)
            page.writeNumbers([
                ("Requests", cache.requests.value), ("Hits", cache.hits.value), ("Misses", cache.misses.value),
            ])
            page.writeString("}")
        }
        page.writeJSONName("notifications", isFirst: &isFirst)
        page.writeString(#"{"endpoints":["#)
        for (position, endpoint) in (notifications?.endpoints ?? []).enumerated() {
            if position > 0 { page.writeString(",") }
            write(endpoint, into: &page)
        }
        page.writeString("]}")
        if let proxy {
            page.writeJSONName("proxy", isFirst: &isFirst)
            page.writeString(#"{"blobs":"#)
            write(proxy.blobs, into: &page)
            page.writeString(#","manifests":"#)
            write(proxy.manifests, into: &page)
            page.writeString("}")
        }
        page.writeString("}")
    }

    private func write(_ endpoint: NotificationMetrics.Endpoint, into page: inout ByteBuffer) {
        var isFirst = true
        page.writeString("{")
        page.writeJSONName("name", isFirst: &isFirst)
        page.writeJSONString(endpoint.name)
        page.writeJSONName("url", isFirst: &isFirst)
        page.writeJSONString(endpoint.url)
        page.writeJSONName("Metrics", isFirst: &isFirst)
        page.writeString("{")
        isFirst = true
        let numbers = [
            ("Pending", endpoint.pending.value), ("Events", endpoint.events.value),
            ("Successes", endpoint.successes.value), ("Failures", endpoint.failures.value),
            ("Errors", endpoint.errors.value),
        ]
        for (name, value) in numbers {
            page.writeJSONName(name, isFirst: &isFirst)
            page.writeString(String(value))
        }
        page.writeJSONName("Statuses", isFirst: &isFirst)
        page.writeNumbers(endpoint.answers.map { ($0.status, $0.count) })
        page.writeString("}}")
    }

    private func write(_ content: ProxyMetrics.Content, into page: inout ByteBuffer) {
        page.writeNumbers([
            ("Requests", content.requests.value), ("Hits", content.hits.value), ("Misses", content.misses.value),
            ("BytesPulled", content.pulledBytes.value), ("BytesPushed", content.pushedBytes.value),
        ])
    }
}

extension ByteBuffer {
    /// Writes an object of numbers.
    fileprivate mutating func writeNumbers(_ members: [(String, Int)]) {
        var isFirst = true
        writeString("{")
        for (name, value) in members {
            writeJSONName(name, isFirst: &isFirst)
            writeString(String(value))
        }
        writeString("}")
    }
}
