internal import NIOCore
internal import RegistryCore
internal import Tracing

/// A post of spans, in [OTLP's JSON encoding](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
enum SpanEncoding {
    static func body(_ spans: [RegistrySpan.Record], resource: [String: String]) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeString(#"{"resourceSpans":[{"resource":{"attributes":["#)
        for (position, member) in resource.sorted(by: { $0.key < $1.key }).enumerated() {
            if position > 0 { body.writeString(",") }
            body.writeAttribute(member.key, .string(member.value))
        }
        body.writeString(#"]},"scopeSpans":[{"scope":{"name":"registryd"},"spans":["#)
        for (position, span) in spans.enumerated() {
            if position > 0 { body.writeString(",") }
            body.write(span)
        }
        body.writeString("]}]}]}")
        return body
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ span: RegistrySpan.Record) {
        writeString(#"{"traceId":"\#(span.trace.traceID)","spanId":"\#(span.trace.spanID)""#)
        if let parent = span.parent { writeString(#","parentSpanId":"\#(parent)""#) }
        if let state = span.trace.state {
            writeString(#","traceState":"#)
            writeJSONString(state)
        }
        writeString(#","name":"#)
        writeJSONString(span.name)
        // 64-bit numbers are strings in this encoding.
        writeString(
            #","kind":\#(span.kind.number),"startTimeUnixNano":"\#(span.began)","endTimeUnixNano":"\#(span.ended)""#
        )
        writeString(#","attributes":"#)
        write(span.attributes)
        if !span.events.isEmpty {
            writeString(#","events":["#)
            for (position, event) in span.events.enumerated() {
                if position > 0 { writeString(",") }
                writeString(#"{"timeUnixNano":"\#(event.nanosecondsSinceEpoch)","name":"#)
                writeJSONString(event.name)
                writeString(#","attributes":"#)
                write(event.attributes)
                writeString("}")
            }
            writeString("]")
        }
        if !span.links.isEmpty {
            let links = span.links.map { #"{"traceId":"\#($0.traceID)","spanId":"\#($0.spanID)"}"# }
            writeString(#","links":[\#(links.joined(separator: ","))]"#)
        }
        writeString(#","status":{"#)
        if let status = span.status {
            writeString(#""code":\#(status.code == .ok ? 1 : 2)"#)
            if let message = status.message {
                writeString(#","message":"#)
                writeJSONString(message)
            }
        }
        writeString("}}")
    }

    private mutating func write(_ attributes: SpanAttributes) {
        var members: [(String, SpanAttribute)] = []
        func collect(_ name: String, _ value: SpanAttribute) { members.append((name, value)) }
        attributes.forEach(collect)
        writeString("[")
        for (position, member) in members.sorted(by: { $0.0 < $1.0 }).enumerated() {
            if position > 0 { writeString(",") }
            writeAttribute(member.0, member.1)
        }
        writeString("]")
    }

    fileprivate mutating func writeAttribute(_ name: String, _ value: SpanAttribute) {
        writeString(#"{"key":"#)
        writeJSONString(name)
        writeString(#","value":{"#)
        switch value {
        case .int32(let value): writeString(#""intValue":"\#(value)""#)
        case .int64(let value): writeString(#""intValue":"\#(value)""#)
        case .double(let value) where value.isFinite: writeString(#""doubleValue":\#(value)"#)
        case .bool(let value): writeString(#""boolValue":\#(value)"#)
        case .string(let value): writeText(value)
        case .stringConvertible(let value): writeText("\(value)")
        default: writeText("\(value)")
        }
        writeString("}}")
    }

    private mutating func writeText(_ value: String) {
        writeString(#""stringValue":"#)
        writeJSONString(value)
    }
}

extension SpanKind {
    /// OTLP's number.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
