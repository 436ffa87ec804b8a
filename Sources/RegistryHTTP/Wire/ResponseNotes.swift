public import RegistryAuth
public import RegistryCore

/// What a responder tells an observer about a request; no client sees it.
///
/// It holds what the responder has at hand anyway, and allocates nothing: texts are made when somebody asks.
public struct ResponseNotes: Sendable {
    /// Who asked, once he was let in.
    public var principal: Principal?
    /// The refusal that the answer carries.
    public var error: RegistryError?
    /// The client's address as a proxy tells it whose word counts (``ProxyTrust``); `nil` where none does.
    public var forwardedAddress: String?
    /// The endpoint, with the names in its path.
    var route = Route.unknown

    /// Makes empty notes.
    public init() {}

    /// The names in the path, as the replaced server's log has them: `name`, `reference`, `digest` and `uuid`.
    public var variables: [(name: String, value: String)] {
        switch route {
        case .root, .base, .catalog, .unknown: []
        case .tags(let name), .uploads(let name): [("name", name.description)]
        case .manifest(let name, let reference): [("name", name.description), ("reference", "\(reference)")]
        case .blob(let name, let digest), .referrers(let name, let digest):
            [("name", name.description), ("digest", "\(digest)")]
        case .upload(let name, let id): [("name", name.description), ("uuid", id.description)]
        case .invalid(let name, _): name.map { [("name", $0.description)] } ?? []
        }
    }
}
