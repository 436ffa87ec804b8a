public import HTTPTypes
import Synchronization

/// A responder whose place another can take while the server runs: how a changed configuration comes into force.
///
/// Requests under way end with the one that they began with; all later ones have the new one. May be used from any
/// task.
public final class ReplaceableResponder: Responder {
    private let current: Mutex<any Responder>

    /// Makes a place with a first responder in it.
    public init(_ responder: any Responder) { current = Mutex(responder) }

    /// Lets another responder answer from now on.
    public func replace(with responder: any Responder) { current.withLock { $0 = responder } }

    /// Has the current responder answer.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        await current.withLock { $0 }.respond(to: request, body: body, from: peer)
    }
}
