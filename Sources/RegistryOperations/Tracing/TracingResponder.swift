public import HTTPTypes
internal import RegistryCore
public import RegistryHTTP
public import Tracing

/// Makes a span of each request, named `METHOD /path` as in the replaced server, and the child of the span that the
/// client names in `traceparent`.
///
/// It ends when the answer is known; sending a large body is not part of it.
public struct TracingResponder<Next: Responder, Tracing: Tracer>: Responder {
    private let next: Next
    private let tracer: Tracing

    /// Makes a responder that has `next` answer.
    public init(_ next: Next, tracer: Tracing) {
        self.next = next
        self.tracer = tracer
    }

    /// Has a request answered within a span.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        var context = ServiceContext.topLevel
        tracer.extract(request.headerFields, into: &context, using: HeaderExtractor())
        let path = String((request.path ?? "/").prefix { $0 != "?" })
        return await tracer.withSpan("\(request.method.rawValue) \(path)", context: context, ofKind: .server) { span in
            let response = await next.respond(to: request, body: body, from: peer)
            if span.isRecording { describe(request, path, peer, response, in: span) }
            return response
        }
    }

    /// Names of attributes are those of
    /// [OpenTelemetry's conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
    private func describe(
        _ request: HTTPRequest,
        _ path: String,
        _ peer: Peer,
        _ response: Response,
        in span: Tracing.Span
    ) {
        var attributes = span.attributes
        attributes["http.request.method"] = request.method.rawValue
        attributes["url.path"] = path
        attributes["url.scheme"] = peer.isSecure ? "https" : "http"
        attributes["http.response.status_code"] = response.status.code
        attributes["http.response.body.size"] = response.body.length
        if let host = request.authority { attributes["server.address"] = host }
        if let agent = request.headerFields[.userAgent] { attributes["user_agent.original"] = agent }
        if let address = peer.address { attributes["client.address"] = address }
        if let error = response.notes.error { attributes["error.type"] = error.code.rawValue }
        span.attributes = attributes
        if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
    }
}

/// Reads header fields for a tracer.
private struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: HTTPFields) -> String? {
        HTTPField.Name(key).flatMap { carrier[$0] }
    }
}
