public import Tracing

/// Makes spans and passes their context on in
/// [W3C's headers](https://www.w3.org/TR/trace-context/) `traceparent` and `tracestate`.
///
/// Written here because no OpenTelemetry exporter for Swift was in reach; what it sends is sent by ``SpanExporter``.
public struct RegistryTracer: Tracer {
    let spans: SpanQueue
    let configuration: TracingConfiguration

    /// Makes a tracer.
    public init(_ configuration: TracingConfiguration) {
        self.configuration = configuration
        spans = SpanQueue(capacity: configuration.capacity)
    }

    /// How many spans were dropped, because they came faster than they could be sent or the collector failed.
    public var dropped: Int { spans.dropped }

    /// Begins a span.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> RegistrySpan {
        var context = context()
        let parent = context.trace
        let traceID = parent?.traceID ?? TraceContext.randomID(words: 2)
        let trace = TraceContext(
            traceID: traceID,
            spanID: TraceContext.randomID(words: 1),
            isSampled: isSampled(traceID, parent, isLocal: context.isLocalTrace),
            state: parent?.state
        )
        context.trace = trace
        context.isLocalTrace = true
        let record = RegistrySpan.Record(
            name: operationName,
            kind: kind,
            trace: trace,
            parent: parent?.spanID,
            began: instant().nanosecondsSinceEpoch
        )
        return RegistrySpan(record, context: context, spans: spans)
    }

    /// Does nothing: spans are sent by ``SpanExporter``, at its interval.
    public func forceFlush() {}

    /// Reads the headers of a request.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier),
            var trace = TraceContext(traceparent: text)
        else { return }
        trace.state = extractor.extract(key: "tracestate", from: carrier).flatMap { $0.utf8.count <= 512 ? $0 : nil }
        context.trace = trace
    }

    /// Writes the headers of a request to others.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
        if let state = trace.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    /// Whether a span is recorded. What is decided for a trace here holds for all its spans.
    private func isSampled(_ traceID: String, _ parent: TraceContext?, isLocal: Bool) -> Bool {
        if let parent, isLocal || configuration.followsParent { return parent.isSampled }
        switch configuration.sampler {
        case .always: return true
        case .never: return false
        case .ratio(let ratio):
            // As other tracers do it, so that all of a system record the same traces: by the identifier's last 63 bits.
            let low = UInt64(traceID.suffix(16), radix: 16) ?? 0
            return Double(low >> 1) < ratio * Double(UInt64(1) << 63)
        }
    }
}

/// Whether the current trace was begun or joined in this process.
private enum LocalTraceKey: ServiceContextKey {
    typealias Value = Bool
}

extension ServiceContext {
    fileprivate var isLocalTrace: Bool {
        get { self[LocalTraceKey.self] ?? false }
        set { self[LocalTraceKey.self] = newValue }
    }
}
