import Testing
import Tracing

@testable import RegistryOperations

@Suite("Contexts and settings of traces")
struct TraceContextTests {
    private let traceID = "0af7651916cd43dd8448eb211c80319c"
    private let spanID = "b7ad6b7169203331"

    @Test("a traceparent is read and written")
    func roundTrip() throws {
        let text = "00-\(traceID)-\(spanID)-01"
        let trace = try #require(TraceContext(traceparent: text))
        #expect(trace == TraceContext(traceID: traceID, spanID: spanID, isSampled: true))
        #expect(trace.traceparent == text)
        #expect(TraceContext(traceparent: "00-\(traceID)-\(spanID)-00")?.isSampled == false)
        #expect(TraceContext(traceparent: "01-\(traceID)-\(spanID)-03-more")?.isSampled == true)
    }

    @Test(
        "what is no traceparent begins a trace of its own",
        arguments: [
            "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333é-01",
        ]
    )
    func malformed(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(
        "tracing is off unless the variables ask for it",
        arguments: [
            [:], ["OTEL_TRACES_EXPORTER": "none"], ["OTEL_TRACES_EXPORTER": ""], ["OTEL_SERVICE_NAME": "x"],
            ["OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"],
            ["OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"],
        ]
    )
    func off(environment: [String: String]) {
        #expect(TracingConfiguration(environment: environment, version: "1") == nil)
    }

    @Test("the endpoint, headers and attributes are those of the variables")
    func settings() throws {
        let plain = try #require(TracingConfiguration.test())
        #expect(plain.endpoint == "http://localhost:4318/v1/traces")
        #expect(plain.resource == ["service.name": "distribution", "service.version": "1.0"])
        let set = try #require(
            TracingConfiguration(
                environment: [
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/base/",
                    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x, a=b=c",
                    "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test,service.name=other",
                    "OTEL_SERVICE_NAME": "mine", "OTEL_BSP_MAX_QUEUE_SIZE": "10",
                    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                ],
                version: "1.0"
            )
        )
        #expect(set.endpoint == "http://c:4318/base/v1/traces")
        #expect(set.headers.map(\.name) == ["authorization", "a"])
        #expect(set.headers.map(\.value) == ["Bearer x", "b=c"])
        #expect(set.resource["service.name"] == "mine")
        #expect(set.resource["deployment.environment"] == "test")
        #expect(set.capacity == 10)
        #expect(set.batch == 10)
        #expect(set.warnings.count == 1)
        let exact = TracingConfiguration.test(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/x"])
        #expect(exact?.endpoint == "http://c/x")
    }

    @Test(
        "samplers are the standard ones, and heed the caller where they say so",
        arguments: [
            ("always_on", nil, true, true), ("always_off", nil, false, false),
            ("parentbased_always_on", nil, true, false),
            ("parentbased_always_off", nil, false, false), ("traceidratio", "0", false, false),
            ("traceidratio", "1", true, true), ("parentbased_traceidratio", "1", true, false),
        ] as [(String, String?, Bool, Bool)]
    )
    func samplers(name: String, argument: String?, ofOwn: Bool, ofUnsampledCaller: Bool) throws {
        var variables = ["OTEL_TRACES_SAMPLER": name]
        variables["OTEL_TRACES_SAMPLER_ARG"] = argument
        let tracer = RegistryTracer(try #require(TracingConfiguration.test(variables)))
        #expect(tracer.startSpan("a", context: .topLevel).isRecording == ofOwn)
        var context = ServiceContext.topLevel
        context.trace = TraceContext(traceID: traceID, spanID: spanID, isSampled: false)
        let span = tracer.startSpan("a", context: context)
        #expect(span.isRecording == ofUnsampledCaller)
        #expect(span.context.trace?.traceID == traceID)
    }

    @Test("a full queue drops spans and counts them")
    func dropping() throws {
        let tracer = RegistryTracer(try #require(TracingConfiguration.test(["OTEL_BSP_MAX_QUEUE_SIZE": "2"])))
        for _ in 0..<5 { tracer.startSpan("a", context: .topLevel).end() }
        #expect(tracer.dropped == 3)
        #expect(tracer.spans.take(10).count == 2)
    }

    @Test("failures are reported at once, and then once a minute with their number")
    func reports() {
        let reports = FailureReports()
        let start = ContinuousClock.now
        #expect(reports.failed(at: start) == 1)
        #expect(reports.failed(at: start + .seconds(30)) == nil)
        #expect(reports.failed(at: start + .seconds(61)) == 2)
    }
}
