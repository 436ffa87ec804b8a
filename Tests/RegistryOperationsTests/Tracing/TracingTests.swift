import AsyncHTTPClient
import Foundation
import HTTPTypes
import NIOCore
import NIOPosix
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import ServiceLifecycle
import Synchronization
import Testing
import Tracing

@testable import RegistryOperations

/// Takes what is posted, as a collector does.
private final class Collector: Responder {
    struct Post: Sendable {
        let path: String
        let type: String?
        let key: String?
        let body: [UInt8]
    }

    private let posts = Mutex<[Post]>([])
    private let status: HTTPResponse.Status
    /// Is waited for before each answer.
    private let whileSending: @Sendable () async -> Void

    init(status: HTTPResponse.Status = .ok, whileSending: @escaping @Sendable () async -> Void = {}) {
        self.status = status
        self.whileSending = whileSending
    }

    func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        var bytes: [UInt8] = []
        while let part = try? await body.next() { bytes += part.readableBytesView }
        let post = Post(
            path: request.path ?? "",
            type: request.headerFields[.contentType],
            key: HTTPField.Name("x-key").flatMap { request.headerFields[$0] },
            body: bytes
        )
        await whileSending()
        posts.withLock { $0.append(post) }
        return Response(status, body: .bytes(ByteBuffer(string: "{}")))
    }

    var received: [Post] { posts.withLock { $0 } }
}

/// What a collector needs to know of a span.
private struct Seen: Decodable {
    struct Attribute: Decodable {
        struct Value: Decodable {
            var stringValue: String?
            var intValue: String?
        }
        var key: String
        var value: Value
    }
    struct Status: Decodable { var code: Int? }
    struct Event: Decodable { var name: String }
    var traceId: String
    var spanId: String
    var parentSpanId: String?
    var name: String
    var kind: Int
    var startTimeUnixNano: String
    var endTimeUnixNano: String
    var attributes: [Attribute]
    var status: Status
    var events: [Event]?

    func text(_ key: String) -> String? {
        attributes.first { $0.key == key }.flatMap { $0.value.stringValue ?? $0.value.intValue }
    }
}

private struct Export: Decodable {
    struct ResourceSpans: Decodable {
        struct Resource: Decodable { var attributes: [Seen.Attribute] }
        struct ScopeSpans: Decodable { var spans: [Seen] }
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }
    var resourceSpans: [ResourceSpans]
}

@Suite("Traces")
struct TracingTests {
    /// Runs a collector and an exporter while `body` runs; all spans were sent when it returns.
    private func collect(
        _ collector: Collector,
        _ variables: [String: String] = [:],
        _ body: (RegistryTracer) async throws -> Void
    ) async throws -> RegistryTracer {
        let server = RegistryServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: 0),
            responder: collector,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: silentLogger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let port = try await server.boundAddress.port ?? 0
            let endpoint = [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(port)",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret",
            ]
            let configuration = TracingConfiguration.test(endpoint.merging(variables) { $1 })
            let tracer = RegistryTracer(try #require(configuration))
            let exporter = SpanExporter(tracer, client: HTTPClient.shared, logger: silentLogger)
            let services = ServiceGroup(services: [exporter], logger: silentLogger)
            try await withThrowingTaskGroup(of: Void.self) { inner in
                inner.addTask { try await services.run() }
                try await body(tracer)
                await services.triggerGracefulShutdown()
            }
            group.cancelAll()
            return tracer
        }
    }

    private func spans(_ collector: Collector) throws -> [Seen] {
        try collector.received.flatMap { post in
            try JSONDecoder().decode(Export.self, from: Data(post.body))
                .resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans)
        }
    }

    @Test("a request's span is the caller's child, and the store's calls are the request's children")
    func propagation() async throws {
        let collector = Collector()
        _ = try await collect(collector) { tracer in
            let driver = TracedDriver(MemoryDriver(), tracer: tracer)
            let registry = Registry(driver: driver)
            let options = RegistryResponder.Options(uploadSecret: [1])
            let responder = TracingResponder(RegistryResponder(registry: registry, options: options), tracer: tracer)
            var request = HTTPRequest(
                method: .get,
                scheme: "http",
                authority: "r",
                path: "/v2/a/manifests/latest?token=secret"
            )
            let name = try #require(HTTPField.Name("traceparent"))
            request.headerFields[name] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let response = await responder.respond(to: request, body: .empty, from: Peer(address: "10.0.0.7:1"))
            #expect(response.status == .notFound)
        }
        let post = try #require(collector.received.first)
        #expect(post.path == "/v1/traces")
        #expect(post.type == "application/json")
        #expect(post.key == "secret")
        let spans = try spans(collector)
        let server = try #require(spans.first { $0.kind == 2 })
        #expect(server.name == "GET /v2/a/manifests/latest")
        #expect(server.traceId == "0af7651916cd43dd8448eb211c80319c")
        #expect(server.parentSpanId == "b7ad6b7169203331")
        #expect(server.text("http.response.status_code") == "404")
        #expect(server.text("error.type") == "MANIFEST_UNKNOWN")
        #expect((UInt64(server.endTimeUnixNano) ?? 0) >= (UInt64(server.startTimeUnixNano) ?? .max))
        let calls = spans.filter { $0.kind == 1 }
        let call = try #require(calls.first)
        #expect(calls.allSatisfy { $0.parentSpanId == server.spanId && $0.traceId == server.traceId })
        #expect(call.name == "GetContent")
        #expect(call.text("io.cncf.distribution.storage.driver.name") == "inmemory")
        #expect(call.text("io.cncf.distribution.storage.path")?.hasPrefix("/docker/registry/v2/") == true)
        #expect(call.status.code == nil)
        #expect(!String(decoding: post.body, as: UTF8.self).contains("token"))
    }

    @Test("what a writer publishes and what fails is told")
    func driver() async throws {
        let collector = Collector()
        _ = try await collect(collector) { tracer in
            let driver = TracedDriver(MemoryDriver(), tracer: tracer)
            let source = try #require(StoragePath("/uploads/1/data"))
            let target = try #require(StoragePath("/blobs/1/data"))
            let writer = try await driver.writer(at: source, resuming: false)
            try await writer.append(ByteBuffer(string: "content"))
            try await writer.commit(to: target)
            _ = try await driver.content(at: target, limit: 100)
            _ = try? await driver.content(at: target, limit: 1)
        }
        let spans = try spans(collector)
        #expect(spans.map(\.name) == ["Writer", "Move", "GetContent", "GetContent"])
        try #require(spans.count == 4)
        #expect(spans[1].text("io.cncf.distribution.storage.dest.path") == "/blobs/1/data")
        #expect(spans[2].text("io.cncf.distribution.storage.content.length") == "7")
        #expect(spans[3].status.code == 2)
        #expect(spans[3].events?.map(\.name) == ["exception"])
        #expect(Set(spans.map(\.traceId)).count == 4)
    }

    @Test("spans that are being sent when the exporter is told to stop arrive all the same")
    func stopped() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let collector = Collector {
            arrived.yield()
            // Long enough for the stop, which follows at once.
            try? await Task.sleep(for: .milliseconds(200))
        }
        let tracer = try await collect(collector, ["OTEL_BSP_SCHEDULE_DELAY": "1"]) { tracer in
            _ = try? await TracedDriver(MemoryDriver(), tracer: tracer).metadata(at: .root)
            for await _ in arrivals { break }
        }
        #expect(tracer.dropped == 0)
        #expect(try spans(collector).count == 1)
    }

    @Test("a collector that refuses costs the spans, which are counted")
    func refused() async throws {
        let collector = Collector(status: .serviceUnavailable)
        let tracer = try await collect(collector) { tracer in
            for _ in 0..<3 { tracer.startSpan("a", context: .topLevel).end() }
        }
        #expect(tracer.dropped == 3)
        #expect(collector.received.count == 1)
    }

    @Test("a context is passed on to others as it came")
    func injection() throws {
        let tracer = RegistryTracer(try #require(TracingConfiguration.test()))
        var context = ServiceContext.topLevel
        let headers = [
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=1",
        ]
        tracer.extract(headers, into: &context, using: DictionaryCarrier())
        let span = tracer.startSpan("a", context: context)
        var sent: [String: String] = [:]
        tracer.inject(span.context, into: &sent, using: DictionaryCarrier())
        #expect(sent["traceparent"]?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
        #expect(sent["traceparent"]?.contains("b7ad6b7169203331") == false)
        #expect(sent["tracestate"] == "vendor=1")
    }
}

private struct DictionaryCarrier: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}
