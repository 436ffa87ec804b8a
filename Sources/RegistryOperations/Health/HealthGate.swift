public import HTTPTypes
internal import RegistryCore
public import RegistryHTTP

/// Answers every request with 503 `UNAVAILABLE` while a health check fails, as the replaced server does, save for checks that
/// are only shown; otherwise it hands requests on, for the price of reading one word.
public struct HealthGate<Next: Responder>: Responder {
    private let next: Next
    private let health: Health

    /// Makes a gate before a responder.
    public init(_ next: Next, health: Health) {
        self.next = next
        self.health = health
    }

    /// Answers, or has it answered.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        guard health.isServing else { return Self.refusal }
        return await next.respond(to: request, body: body, from: peer)
    }

    private static var refusal: Response {
        let error = RegistryError(
            .unavailable,
            detail: .text("health check failed: please see /debug/health")
        )
        var response = Response(error)
        response.notes.error = error
        return response
    }
}
