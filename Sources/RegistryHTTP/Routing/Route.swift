import HTTPTypes
import RegistryCore

/// An endpoint of the API, with the names in its path parsed: the whole table of the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints)
/// and the two lists that the replaced server adds.
enum Route: Sendable {
    /// `/`: answers that the server lives.
    case root
    /// `/v2/` (end-1).
    case base
    /// `/v2/_catalog`
    case catalog
    /// `/v2/<name>/tags/list` (end-8a, end-8b).
    case tags(RepositoryName)
    /// `/v2/<name>/manifests/<reference>` (end-3, end-7, end-9).
    case manifest(RepositoryName, Reference)
    /// `/v2/<name>/blobs/<digest>` (end-2, end-10).
    case blob(RepositoryName, Digest)
    /// `/v2/<name>/blobs/uploads/` (end-4a, end-4b, end-11).
    case uploads(RepositoryName)
    /// `/v2/<name>/blobs/uploads/<id>` (end-5, end-6, end-13, end-14).
    case upload(RepositoryName, UploadID)
    /// `/v2/<name>/referrers/<digest>` (end-12a, end-12b).
    case referrers(RepositoryName, Digest)
    /// An endpoint whose path names something that can't be, and the refusal. The caller must be let in first: nobody
    /// learns from an error what he may not see.
    case invalid(RepositoryName?, RegistryError)
    /// No endpoint.
    case unknown

    /// Finds the endpoint of a decoded path.
    ///
    /// A name may itself hold `blobs`, `manifests` or `tags`, so the path is read from its end.
    init(method: HTTPRequest.Method, path: String) {
        if path == "/" || path.isEmpty {
            self = .root
            return
        }
        guard path.utf8.starts(with: "/v2".utf8) else {
            self = .unknown
            return
        }
        let rest = path.utf8.dropFirst(3)
        guard let slash = rest.first else {
            self = .base
            return
        }
        guard slash == UInt8(ascii: "/") else {
            self = .unknown
            return
        }
        // The replaced server redirects a path without its last slash, or with one too many, to the other form; a
        // redirect turns POST into GET in many clients, so both forms are answered.
        var parts = rest.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        if parts.last?.isEmpty == true { parts.removeLast() }
        self = Self.endpoint(method, parts)
    }

    private static func endpoint(_ method: HTTPRequest.Method, _ parts: [Substring]) -> Route {
        let count = parts.count
        if count == 0 { return .base }
        if count == 1 { return parts[0] == "_catalog" ? .catalog : .unknown }
        let last = parts[count - 1]
        if count >= 4, parts[count - 3] == "blobs", parts[count - 2] == "uploads" {
            return named(parts[..<(count - 3)]) { name in
                UploadID(last).map { .upload(name, $0) }
                    ?? .invalid(name, RegistryError(.blobUploadUnknown, detail: .text(String(last.prefix(200)))))
            }
        }
        guard count >= 3 else { return .unknown }
        let name = parts[..<(count - 2)]
        switch (parts[count - 2], last) {
        case ("blobs", "uploads"): return named(name) { .uploads($0) }
        case ("tags", "list"): return named(name) { .tags($0) }
        case ("manifests", _): return named(name) { manifest($0, last, method) }
        case ("blobs", _): return named(name) { name in digest(name, last) { .blob(name, $0) } }
        case ("referrers", _): return named(name) { name in digest(name, last) { .referrers(name, $0) } }
        default: return .unknown
        }
    }

    private static func named(_ parts: ArraySlice<Substring>, _ route: (RepositoryName) -> Route) -> Route {
        do {
            return route(try RepositoryName(parsing: joined(parts)))
        } catch {
            let message = "invalid repository name: \(error)"
            return .invalid(nil, RegistryError(.nameInvalid, message: message))
        }
    }

    /// Parts of one path with what stands between them.
    private static func joined(_ parts: ArraySlice<Substring>) -> Substring {
        guard let first = parts.first, let last = parts.last else { return "" }
        return first.base[first.startIndex..<last.endIndex]
    }

    private static func digest(_ name: RepositoryName, _ text: Substring, _ route: (Digest) -> Route) -> Route {
        do {
            return route(try Digest(parsing: text))
        } catch {
            return .invalid(name, RegistryError(.digestInvalid, message: "\(error)"))
        }
    }

    private static func manifest(_ name: RepositoryName, _ text: Substring, _ method: HTTPRequest.Method) -> Route {
        do {
            return .manifest(name, try Reference(parsing: text))
        } catch {
            switch error {
            case .digest(let error):
                return .invalid(name, RegistryError(.digestInvalid, message: "\(error)"))
            case .tag(let error):
                // What can't be a tag can't be there: to read it is to find nothing.
                let code: ErrorCode = method == .put ? .tagInvalid : .manifestUnknown
                let detail = ErrorDetail.fields([.init("Tag", String(text.prefix(200)))])
                return .invalid(name, RegistryError(code, message: "invalid tag: \(error)", detail: detail))
            }
        }
    }
}

extension Route {
    /// The methods that the endpoint has, in alphabetical order.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .root, .base, .catalog, .tags, .referrers: [.get, .head]
        case .manifest: [.delete, .get, .head, .put]
        case .blob: [.delete, .get, .head]
        case .uploads: [.post]
        case .upload: [.delete, .get, .head, .patch, .put]
        case .invalid, .unknown: []
        }
    }

    /// The repository in the path.
    var repository: RepositoryName? {
        switch self {
        case .tags(let name), .manifest(let name, _), .blob(let name, _), .uploads(let name), .upload(let name, _),
            .referrers(let name, _):
            name
        case .invalid(let name, _): name
        case .root, .base, .catalog, .unknown: nil
        }
    }
}
