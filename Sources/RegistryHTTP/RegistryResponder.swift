public import HTTPTypes
internal import NIOCore
public import RegistryAuth
public import RegistryCore

/// Answers the requests of the [OCI distribution API](https://github.com/opencontainers/distribution-spec/blob/main/spec.md):
/// the way from a request to a use case, in one place.
///
/// A request is parted into a route; the caller is asked who he is and whether he may; then the route's handler runs.
/// There is nothing before, between or behind that.
public struct RegistryResponder: Responder {
    /// How the registry shows itself.
    public struct Options: Sendable {
        /// The scheme, host and prefix of the URLs that clients are sent to (`http.host`), without a slash at the
        /// end; `nil` to take them from the request.
        public var externalURL: String?
        /// Whether clients are sent to URLs without scheme and host (`http.relativeurls`).
        public var usesRelativeURLs = false
        /// What stands in every path before `/v2/` (`http.prefix`), such as `/registry`, without a slash at the end.
        public var pathPrefix = ""
        /// The secret by which an upload's state is authenticated (`http.secret`); replicas must share one.
        public var uploadSecret: [UInt8]
        /// The most repositories of a page of the catalog (`catalog.maxentries`).
        public var maximumCatalogEntries = 1000
        /// The most tags of a page, when the client asks for pages (`tags.maxtags`).
        public var maximumTags = 1000
        /// The most referrers of a page.
        public var maximumReferrers = 1000
        /// The least length of a chunk but the last that suits the store, in bytes; 0 when any does.
        public var minimumChunkLength = 0
        /// Whose word about the client's address, scheme and host is taken.
        public var proxyTrust = ProxyTrust.everybody
        /// Further header fields of every answer under `/v2/` (`http.headers`).
        public var headers: HTTPFields = [:]

        /// The defaults.
        ///
        /// - Parameter uploadSecret: the secret that replicas share; `Registry.uploadSecret()` keeps one in the
        ///   store.
        public init(uploadSecret: [UInt8]) { self.uploadSecret = uploadSecret }
    }

    /// What it was made of, which each request's handler holds too. One reference: copies of all of it were 60 of the
    /// 1,090 reference counts of a manifest's pull.
    final class Parts: Sendable {
        let registry: Registry
        let access: any AccessController
        let options: Options
        let tokens: TokenEndpoint?
        let manifestFields = ManifestFields()

        init(_ registry: Registry, _ access: any AccessController, _ options: Options, _ tokens: TokenEndpoint?) {
            self.registry = registry
            self.access = access
            self.options = options
            self.tokens = tokens
        }
    }

    private var parts: Parts
    var registry: Registry { parts.registry }
    var access: any AccessController { parts.access }
    var options: Options { parts.options }
    var manifestFields: ManifestFields { parts.manifestFields }
    /// Where tokens are given out; nowhere by default.
    public var tokens: TokenEndpoint? {
        get { parts.tokens }
        set { parts = Parts(registry, access, options, newValue) }
    }

    /// Makes a responder.
    ///
    /// - Parameters:
    ///   - registry: what it answers for.
    ///   - access: who may do what; everybody everything by default.
    ///   - options: how it shows itself.
    public init(registry: Registry, access: any AccessController = OpenAccess(), options: Options) {
        parts = Parts(registry, access, options, nil)
    }

    /// Answers a request of the API.
    public func respond(to request: HTTPRequest, body: RequestBody, from peer: Peer) async -> Response {
        let request = options.proxyTrust.trusts(peer) ? request : request.withoutForwarding
        let target = DecodedTarget(request.path ?? "/")
        var notes = ResponseNotes()
        notes.forwardedAddress = request.forwardedAddress
        var response: Response
        do {
            response = try await answer(request, target, body, peer, &notes)
        } catch let challenge as Challenge {
            notes.error = RegistryError(.unauthorized)
            response = challenge.response
        } catch {
            let error = RegistryError(wrapping: error)
            notes.error = error
            response = Response(error)
        }
        response.notes = notes
        if response.status == .methodNotAllowed, response.headers[.allow] == nil {
            response.headers[.allow] = allowedHere(request, target)
        }
        guard target.path.map(isAPI) ?? true else { return response }
        response.headers.append(.apiVersion)
        response.headers.append(contentsOf: options.headers)
        return response
    }

    private func answer(
        _ request: HTTPRequest,
        _ target: DecodedTarget,
        _ body: RequestBody,
        _ peer: Peer,
        _ notes: inout ResponseNotes
    ) async throws -> Response {
        guard let path = target.path else {
            throw RegistryError(.nameInvalid, message: "the path has an escape that is not UTF-8 or not hexadecimal")
        }
        if let tokens, path.removingPrefix(options.pathPrefix) == tokens.path {
            return await tokens.answer(request, target, body, peer)
        }
        let method = request.method
        let route = path == "/" ? .root : Route(method: method, path: path.removingPrefix(options.pathPrefix))
        notes.route = route
        if case .root = route { return Response(.ok, headers: [.cacheControl: "no-cache"]) }
        if case .unknown = route {
            throw RegistryError(.nameUnknown, message: "there is no such endpoint in the API", status: 404)
        }
        if method == .options { return Response(.ok, headers: [.allow: route.allow]) }

        let source = try mountSource(route, method, target)
        let (principal, mayMount) = try await authorize(request, route, mountingFrom: source, by: peer)
        notes.principal = principal
        if case .invalid(_, let error) = route { throw error }
        guard route.methods.contains(method) else { return methodNotAllowed(method, route) }

        let call = Call(
            request: request,
            peer: peer,
            target: target,
            path: path,
            body: body,
            registry: registry.acting(as: origin(of: request, principal, notes.forwardedAddress ?? peer.address)),
            parts: parts
        )
        switch (route, method) {
        case (.catalog, _): return try await catalog(call)
        case (.tags(let name), _): return try await tags(call, name)
        case (.manifest(let name, let reference), .put): return try await putManifest(call, name, reference)
        case (.manifest(let name, let reference), .delete): return try await deleteManifest(call, name, reference)
        case (.manifest(let name, let reference), _): return try await manifest(call, name, reference)
        case (.blob(let name, let digest), .delete): return try await deleteBlob(call, name, digest)
        case (.blob(let name, let digest), _): return try await blob(call, name, digest)
        case (.uploads(let name), _):
            return try await beginUpload(call, name, mountingFrom: mayMount ? source : nil, mayMount: mayMount)
        case (.upload(let name, let id), .patch): return try await appendToUpload(call, name, id)
        case (.upload(let name, let id), .put): return try await finishUpload(call, name, id)
        case (.upload(let name, let id), .delete): return try await cancelUpload(call, name, id)
        case (.upload(let name, let id), _): return try await uploadStatus(call, name, id)
        case (.referrers(let name, let digest), _): return try await referrers(call, name, digest)
        case (.root, _), (.base, _), (.invalid, _), (.unknown, _): return base()
        }
    }

    /// Asks who is calling and whether he may.
    ///
    /// A caller who may push but not read the repository that he wants to mount from is let in without the mount, so
    /// that his client sends the blob instead.
    private func authorize(
        _ request: HTTPRequest,
        _ route: Route,
        mountingFrom source: RepositoryName?,
        by peer: Peer
    ) async throws -> (principal: Principal, mayMount: Bool) {
        let wanted = route.requiredAccess(request.method, mountingFrom: source)
        var question = AccessRequest(request, peer, wanting: wanted)
        var decision = await access.decide(question)
        var mayMount = true
        if case .denied = decision, source != nil {
            mayMount = false
            question.accesses = route.requiredAccess(request.method, mountingFrom: nil)
            decision = await access.decide(question)
        }
        switch decision {
        case .granted(let principal): return (principal, mayMount)
        case .denied(let reason): throw RegistryError(.denied, message: reason)
        case .busy: throw RegistryError(.tooManyRequests, message: "too many logins at once; try again")
        case .challenged(let challenges): throw Challenge(challenges: challenges, wanted: wanted)
        }
    }

    private func origin(of request: HTTPRequest, _ principal: Principal, _ address: String?) -> RequestOrigin {
        RequestOrigin(
            actor: principal.name,
            address: address,
            host: request.authority,
            method: request.method.rawValue,
            userAgent: request.headerFields.value(of: .userAgent)
        )
    }

    private func mountSource(
        _ route: Route,
        _ method: HTTPRequest.Method,
        _ target: DecodedTarget
    ) throws(RegistryError) -> RepositoryName? {
        guard case .uploads = route, method == .post, let text = target["from"], !text.isEmpty else { return nil }
        do {
            return try RepositoryName(parsing: text)
        } catch {
            throw RegistryError(.nameInvalid, message: "invalid repository name in 'from': \(error)")
        }
    }

    private func base() -> Response {
        Response(.ok, headers: [.contentType: "application/json"], body: .bytes(.init(string: "{}")))
    }

    private func methodNotAllowed(_ method: HTTPRequest.Method, _ route: Route) -> Response {
        var response = Response(
            RegistryError(.unsupported, message: "this endpoint has no method \(method.rawValue.prefix(50))")
        )
        response.headers[.allow] = route.allow
        return response
    }

    /// The methods that remain where a registry that is read-only, or keeps what it has, refuses one: RFC 9110 section
    /// 15.5.6 wants them with each status 405.
    private func allowedHere(_ request: HTTPRequest, _ target: DecodedTarget) -> String {
        let route = Route(method: request.method, path: (target.path ?? "/").removingPrefix(options.pathPrefix))
        let allowed = route.methods.filter { method in
            method == .get || method == .head || (!registry.options.isReadOnly && method != request.method)
        }
        // Every endpoint answers OPTIONS, and an empty field is taken for a malformed one by some clients.
        return allowed.isEmpty ? "OPTIONS" : allowed.map(\.rawValue).joined(separator: ", ")
    }

    private func isAPI(_ path: String) -> Bool {
        let path = path.removingPrefix(options.pathPrefix)
        return path == "/v2" || path.hasPrefix("/v2/") || path == tokens?.path
    }
}

/// One request, with what its handler needs beside the names in its path.
struct Call: Sendable {
    let request: HTTPRequest
    let peer: Peer
    let target: DecodedTarget
    /// The path, decoded.
    let path: String
    let body: RequestBody
    let registry: Registry
    let parts: RegistryResponder.Parts

    /// How the registry shows itself.
    var options: RegistryResponder.Options { parts.options }

    /// The URLs that this client is sent to. Most answers have none, and a dozen fields of the request decide on them.
    var urls: PublicURL { PublicURL(for: request, path: path, isSecure: peer.isSecure, options: options) }

    /// The body, as the use cases take it.
    var content: ContentSource { ContentSource(length: body.length) { [body] in try await body.next() } }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> String {
        prefix.isEmpty || !hasPrefix(prefix) ? self : String(dropFirst(prefix.count))
    }
}

extension Route {
    fileprivate var allow: String { methods.map(\.rawValue).joined(separator: ", ") }
}
