internal import Synchronization
public import Tracing

/// A piece of work that a trace tells of.
///
/// Where its trace is not recorded, it only carries the context along.
public struct RegistrySpan: Span {
    /// What is sent of a span that has ended.
    struct Record: Sendable {
        var name: String
        let kind: SpanKind
        let trace: TraceContext
        let parent: String?
        let began: UInt64
        var ended: UInt64 = 0
        var attributes: SpanAttributes = [:]
        var status: SpanStatus?
        var events: [SpanEvent] = []
        var links: [TraceContext] = []
    }

    /// What changes until the span ends.
    private final class Work: Sendable {
        private struct State {
            var record: Record
            var isOver = false
        }

        private let state: Mutex<State>
        private let spans: SpanQueue

        init(_ record: Record, _ spans: SpanQueue) {
            state = Mutex(State(record: record))
            self.spans = spans
        }

        var record: Record { state.withLock { $0.record } }

        var isRecording: Bool { state.withLock { !$0.isOver } }

        func change(_ body: (inout sending Record) -> Void) {
            state.withLock { if !$0.isOver { body(&$0.record) } }
        }

        func end(_ time: UInt64) {
            let ended: Record? = state.withLock { state in
                guard !state.isOver else { return nil }
                state.isOver = true
                state.record.ended = time
                return state.record
            }
            if let ended { spans.add(ended) }
        }
    }

    /// The context of work that is done within the span.
    public let context: ServiceContext
    private let name: String
    private let work: Work?

    init(_ record: Record, context: ServiceContext, spans: SpanQueue) {
        self.context = context
        name = record.name
        work = record.trace.isSampled ? Work(record, spans) : nil
    }

    /// The span's name.
    public var operationName: String {
        get { work?.record.name ?? name }
        nonmutating set { work?.change { $0.name = newValue } }
    }

    /// What is known of the work.
    public var attributes: SpanAttributes {
        get { work?.record.attributes ?? [:] }
        nonmutating set { work?.change { $0.attributes = newValue } }
    }

    /// Whether anything is recorded: its trace is, and it hasn't ended.
    public var isRecording: Bool { work?.isRecording ?? false }

    /// Says how the work went.
    public func setStatus(_ status: SpanStatus) { work?.change { $0.status = status } }

    /// Notes something that happened; at most 128 are kept.
    public func addEvent(_ event: SpanEvent) {
        work?.change { if $0.events.count < 128 { $0.events.append(event) } }
    }

    /// Notes an error as an event.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        guard isRecording else { return }
        var attributes = attributes
        attributes["exception.type"] = String(describing: type(of: error))
        attributes["exception.message"] = "\(error)"
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    /// Links another span; at most 128 are kept.
    public func addLink(_ link: SpanLink) {
        guard let trace = link.context.trace else { return }
        work?.change { if $0.links.count < 128 { $0.links.append(trace) } }
    }

    /// Ends the span, which is sent then.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        work?.end(instant().nanosecondsSinceEpoch)
    }
}

/// The spans that have ended and wait to be sent.
final class SpanQueue: Sendable {
    private let spans = Mutex<[RegistrySpan.Record]>([])
    private let lost = Counter()
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// How many spans were dropped.
    var dropped: Int { lost.value }

    func add(_ span: RegistrySpan.Record) {
        let isFull = spans.withLock { spans in
            guard spans.count < capacity else { return true }
            spans.append(span)
            return false
        }
        if isFull { lost.add() }
    }

    func take(_ count: Int) -> [RegistrySpan.Record] {
        spans.withLock { spans in
            defer { spans.removeFirst(min(count, spans.count)) }
            return Array(spans.prefix(count))
        }
    }

    func countLost(_ count: Int) { lost.add(count) }
}
