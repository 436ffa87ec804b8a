import HTTPTypes
import NIOPosix
import RegistryHTTP
import RegistryTesting
import Testing

@testable import RegistryOperations

/// Answers once it is let to.
private struct HeldResponder: Responder {
    let arrivals: AsyncStream<Void>.Continuation
    let releases: AsyncStream<Void>

    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        arrivals.yield()
        for await _ in releases { break }
        return Response(.ok)
    }
}

@Suite("Requests under way")
struct HTTPMetricsTests {
    private func inFlight(_ metrics: HTTPMetrics, _ handler: String) -> String? {
        let prefix = "registry_http_in_flight_requests{handler=\"\(handler)\"} "
        return Metrics([metrics]).page().split(separator: "\n").first { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
    }

    @Test("a request counts as under way from its head to its answer")
    func inFlight() async throws {
        let metrics = HTTPMetrics()
        let (arrived, arrivals) = AsyncStream<Void>.makeStream()
        let (releases, release) = AsyncStream<Void>.makeStream()
        let server = RegistryServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: 0),
            responder: HeldResponder(arrivals: arrivals, releases: releases),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            observer: CombinedObserver([metrics]),
            logger: silentLogger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let client = HTTPTestClient(try await server.boundAddress)
            async let answer = client.request("GET", "/v2/a/manifests/latest")
            for await _ in arrived { break }
            #expect(inFlight(metrics, "manifest") == "1")
            #expect(inFlight(metrics, "blob") == "0")
            release.finish()
            #expect(try await answer.status == 200)
            // The next request of the connection begins after the report of the one before.
            _ = try await client.request("GET", "/v2/")
            #expect(inFlight(metrics, "manifest") == "0")
            await client.close()
            group.cancelAll()
        }
    }

    @Test("what is no request is counted apart")
    func malformed() async throws {
        let metrics = HTTPMetrics()
        var setup = TestRegistry.Setup()
        setup.observer = metrics
        try await TestRegistry.run(setup) { registry in
            let client = try await registry.connect()
            try await client.send("GET /v2/ HTTP/1.1\r\nno colon\r\n\r\n")
            _ = try await client.readToEnd()
            await client.close()
        }
        #expect(Metrics([metrics]).page().contains("registryd_http_malformed_requests_total 1\n"))
    }

    @Test(
        "an endpoint is known by its target, whatever is before and behind it",
        arguments: [
            ("/v2/", Endpoint.base), ("/v2", .base), ("/prefix/v2/", .base), ("/", .other), ("*", .other),
            ("/v2/_catalog?n=5", .catalog), ("/v2/_catalog/", .catalog), ("/v2/a/b/tags/list?last=/v2/", .tags),
            ("/v2/a/manifests/latest", .manifest), ("/v2/manifests/manifests/x", .manifest),
            ("/v2/a/blobs/sha256:00", .blob), ("/v2/a/blobs/uploads/", .blobUpload),
            ("/v2/a/blobs/uploads", .blobUpload),
            ("/v2/a/blobs/uploads/id?_state=a/b", .blobUploadChunk), ("/v2/a/referrers/sha256:00", .referrers),
            ("/favicon.ico", .other), ("/v2/a/tags/other", .other), ("/v2/uploads/x", .other),
        ]
    )
    func endpoints(target: String, endpoint: Endpoint) {
        #expect(Endpoint(target: target) == endpoint)
    }
}
