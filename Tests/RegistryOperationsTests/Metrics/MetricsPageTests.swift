import Foundation
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import ShellSupport
import Testing

@testable import RegistryOperations

@Suite("The metrics page")
struct MetricsPageTests {
    private struct Sample: MetricSource {
        let histogram = Histogram(.requestSeconds)

        func write(into page: inout MetricsPage) {
            page.begin("a_total", .counter, help: "What.")
            page.sample(["l": "quote \" back \\ line \n ü"], 3)
            page.begin("b_seconds", .histogram, help: "Long.")
            page.sample(["l": "x"], histogram)
        }
    }

    @Test("samples are written as Prometheus reads them, with labels escaped")
    func text() {
        let sample = Sample()
        sample.histogram.observe(.milliseconds(5))
        sample.histogram.observe(.milliseconds(300))
        sample.histogram.observe(.seconds(61))
        let text = Metrics([sample]).page()
        #expect(text.hasPrefix("# HELP a_total What.\n# TYPE a_total counter\n"))
        #expect(text.contains(#"a_total{l="quote \" back \\ line \n ü"} 3"#))
        #expect(text.contains(#"b_seconds_bucket{l="x",le="0.005"} 1"#))
        #expect(text.contains(#"b_seconds_bucket{l="x",le="0.25"} 1"#))
        #expect(text.contains(#"b_seconds_bucket{l="x",le="0.5"} 2"#))
        #expect(text.contains(#"b_seconds_bucket{l="x",le="60"} 2"#))
        #expect(text.contains(#"b_seconds_bucket{l="x",le="+Inf"} 3"#))
        #expect(text.contains(#"b_seconds_sum{l="x"} 61.305"#))
        #expect(text.contains(#"b_seconds_count{l="x"} 3"#))
    }

    @Test("sizes go from 1 KiB to 2 GiB, each bound twice the last")
    func sizes() {
        #expect(Histogram.Buckets.bytes.bounds.count == 22)
        #expect(Histogram.Buckets.bytes.bounds.first == 1024)
        #expect(Histogram.Buckets.bytes.bounds.last == 1024 << 21)
    }

    @Test("counts from many threads add up")
    func concurrency() async {
        let histogram = Histogram(.bytes)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for value in 0..<1000 { histogram.observe(value) } } }
        }
        #expect(histogram.snapshot.sum == 8 * 499_500)
        #expect(histogram.snapshot.counts.first == 8000)
    }

    /// Every metric that can be there, after a push and a pull.
    private func page() async throws -> String {
        let http = HTTPMetrics()
        let storage = StorageMetrics(driver: "inmemory")
        let notifications = NotificationMetrics(endpoints: [("hook \"a\"", "http://x/")])
        notifications.endpoints[0].answered("200 OK")
        var setup = TestRegistry.Setup()
        setup.observer = http
        setup.driver = MeteredDriver(MemoryDriver(), metrics: storage)
        try await TestRegistry.run(setup) { registry in
            let started = try await registry.client.request("POST", "/v2/a/blobs/uploads/")
            let location = try #require(started.headers["Location"])
            let path = try #require(location.firstRange(of: "/v2/")).lowerBound
            let digest = contentDigest(Array("blob".utf8))
            // In two requests, so that its bytes are moved to their place.
            let sent = try await registry.client.request("PATCH", "\(location[path...])", body: "blob")
            let next = try #require(sent.headers["Location"])
            let end = try #require(next.firstRange(of: "/v2/")).lowerBound
            let done = try await registry.client.request("PUT", "\(next[end...])&digest=\(digest)")
            #expect(done.status == 201)
            _ = try await registry.client.request("GET", "/v2/a/blobs/\(digest)")
            _ = try await registry.client.request("GET", "/v2/a/manifests/none")
            _ = try await registry.client.request("BREW", "/v2/")
        }
        let program = ProgramMetrics(version: "1.0", connections: { 3 }, droppedLines: { ["log": 1, "access": 0] })
        let sources: [any MetricSource] = [
            http, storage, CacheMetrics(usesRedis: true), notifications, ProxyMetrics(), ProcessMetrics(), program,
        ]
        return Metrics(sources).page()
    }

    @Test("requests and the store's actions are counted by the replaced server's names")
    func names() async throws {
        let page = try await page()
        for line in [
            #"registry_http_requests_total{code="202",handler="blob_upload",method="post"} 1"#,
            #"registry_http_requests_total{code="201",handler="blob_upload_chunk",method="put"} 1"#,
            #"registry_http_requests_total{code="200",handler="blob",method="get"} 1"#,
            #"registry_http_requests_total{code="404",handler="manifest",method="get"} 1"#,
            #"registry_http_in_flight_requests{handler="blob"} 0"#,
            #"registry_http_response_size_bytes_sum{handler="blob"} 4"#,
            #"registry_http_request_size_bytes_sum{handler="blob_upload_chunk"} 4"#,
            #"registry_http_request_duration_seconds_count{handler="blob",method="get"} 1"#,
            #"registry_storage_action_seconds_count{action="Move",driver="inmemory"} 1"#,
            #"registry_storage_cache_total{type="Hit"} 0"#,
            #"registryd_build_info{revision="",version="1.0"} 1"#,
            "registryd_connections 3",
            #"registryd_log_dropped_total{log="log"} 1"#,
        ] {
            #expect(page.contains(line + "\n"), "\(line)")
        }
        #expect(page.contains("process_resident_memory_bytes "))
    }

    @Test("Prometheus's own client reads the page", .enabled(if: SlowTests.enabled))
    func prometheus() async throws {
        let scratch = try ScratchFolder(name: "metrics")
        defer { scratch.remove() }
        try Data(try await page().utf8).write(to: scratch.path("page"))
        let script = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families as parse
            families = {f.name: f for f in parse(open(sys.argv[1]).read())}
            for f in families.values(): print(f.type, f.name, len(f.samples))
            assert families["registry_http_requests"].type == "counter"
            assert families["registry_http_request_duration_seconds"].type == "histogram"
            [info] = families["registryd_build_info"].samples
            assert info.labels["version"] == "1.0" and info.value == 1
            [sent] = families["registry_notifications_status"].samples
            assert sent.labels == {"code": "200 OK", "endpoint": 'hook "a"'}, sent
            for f in families.values():
                assert f.type != "unknown" and f.documentation, f
                for s in f.samples:
                    if s.name.endswith("_bucket"): float(s.labels["le"])
            """
        let result = try await Command(Locations.python, ["-c", script, scratch.string("page")]).run()
        #expect(result.lines.contains { $0.hasPrefix("histogram registry_storage_action_seconds ") })
    }
}
