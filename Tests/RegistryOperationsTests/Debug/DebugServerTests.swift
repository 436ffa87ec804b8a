import Foundation
import NIOPosix
import RegistryHTTP
import RegistryTesting
import Testing

@testable import RegistryOperations

@Suite("The debug server")
struct DebugServerTests {
    private func withServer(
        health: Health = Health(),
        metricsPath: String? = "/metrics",
        variables: DebugVariables = DebugVariables(),
        _ body: (HTTPTestClient) async throws -> Void
    ) async throws {
        let responder = DebugResponder(
            health: health,
            metrics: Metrics([ProgramMetrics(version: "1.0", connections: { 0 })]),
            metricsPath: metricsPath,
            variables: variables,
            pool: .singleton
        )
        let server = DebugServer.make(
            host: "127.0.0.1",
            port: 0,
            responder: responder,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: silentLogger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let client = HTTPTestClient(try await server.boundAddress)
            try await body(client)
            await client.close()
            group.cancelAll()
        }
    }

    @Test("health is 200 and an empty object, or 503 and what is wrong")
    func health() async throws {
        let health = Health()
        health.add("storagedriver_s3", threshold: 1)
        try await withServer(health: health) { client in
            let well = try await client.request("GET", "/debug/health")
            #expect(well.status == 200)
            #expect(well.text == "{}")
            #expect(well.headers["Content-Type"] == "application/json")
            health.record("no \"answer\"", for: "storagedriver_s3")
            let ill = try await client.request("GET", "/debug/health")
            #expect(ill.status == 503)
            #expect(ill.text == #"{"storagedriver_s3":"no \"answer\""}"#)
        }
    }

    @Test("an operator takes the registry down and up again")
    func manual() async throws {
        let health = Health()
        try await withServer(health: health) { client in
            let down = try await client.request("POST", "/debug/health/down")
            #expect(down.status == 200)
            #expect(try await client.request("GET", "/debug/health").text == #"{"manual_http_status":"manual check"}"#)
            #expect(!health.isHealthy)
            #expect(try await client.request("POST", "/debug/health/up").status == 200)
            #expect(try await client.request("GET", "/debug/health").text == "{}")
            #expect(try await client.request("GET", "/debug/health/down").status == 404)
            #expect(health.isHealthy)
        }
    }

    @Test("metrics are at the configured path, and nowhere when they are off")
    func metrics() async throws {
        try await withServer(metricsPath: "/m") { client in
            let page = try await client.request("GET", "/m?x=y")
            #expect(page.status == 200)
            #expect(page.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(page.text.contains("registryd_build_info"))
            #expect(try await client.request("GET", "/metrics").status == 404)
        }
        try await withServer(metricsPath: nil) { client in
            let page = try await client.request("GET", "/metrics")
            #expect(page.status == 404)
        }
    }

    @Test("variables are JSON with the replaced server's names")
    func variables() async throws {
        var variables = DebugVariables()
        variables.notifications = NotificationMetrics(endpoints: [("alistener", "http://x/")])
        variables.notifications?.endpoints[0].successes.add(2)
        variables.notifications?.endpoints[0].answered("200 OK")
        variables.proxy = ProxyMetrics()
        variables.cache = CacheMetrics()
        try await withServer(variables: variables) { client in
            let page = try await client.request("GET", "/debug/vars")
            let json = try JSONSerialization.jsonObject(with: Data(page.body)) as? [String: Any]
            let registry = try #require(json?["registry"] as? [String: Any])
            let notifications = try #require(registry["notifications"] as? [String: Any])
            let endpoint = try #require((notifications["endpoints"] as? [[String: Any]])?.first)
            #expect(endpoint["name"] as? String == "alistener")
            let metrics = try #require(endpoint["Metrics"] as? [String: Any])
            #expect(metrics["Successes"] as? Int == 2)
            #expect(metrics["Statuses"] as? [String: Int] == ["200 OK": 1])
            #expect((registry["proxy"] as? [String: Any])?["blobs"] as? [String: Int] != nil)
            #expect((json?["cmdline"] as? [String])?.isEmpty == false)
            #expect(((json?["memstats"] as? [String: Int])?["HeapInuse"] ?? 0) > 0)
        }
    }

    @Test("Go's profiles are refused with what to use instead, and other paths are not found")
    func others() async throws {
        try await withServer { client in
            let profile = try await client.request("GET", "/debug/pprof/heap")
            #expect(profile.status == 501)
            #expect(profile.text.contains("perf record"))
            #expect(try await client.request("GET", "/debug/pprofile").status == 404)
            #expect(try await client.request("GET", "/v2/").status == 404)
        }
    }

    @Test("the start line holds the words that scripts wait for")
    func startLine() {
        var line = StartLine(program: "registryd 1.0", address: "[::]:5000", storage: "filesystem at /data")
        #expect(line.text == "registryd 1.0 listening on [::]:5000; filesystem at /data; open to everybody")
        line.isSecure = true
        line.access = "htpasswd"
        line.debugAddress = "127.0.0.1:5001"
        line.features = ["deletion", "metrics at /metrics"]
        #expect(
            line.text == "registryd 1.0 listening on [::]:5000, tls; filesystem at /data; access by htpasswd; "
                + "debug server on 127.0.0.1:5001; with deletion, metrics at /metrics"
        )
    }
}
