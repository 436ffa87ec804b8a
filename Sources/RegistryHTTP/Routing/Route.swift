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
        var path = path
        func text(_ place: Range<Int>) -> Substring {
            let start = path.utf8.index(path.startIndex, offsetBy: place.lowerBound)
            return path[start..<path.utf8.index(start, offsetBy: place.count)]
        }
        switch path.withUTF8({ Self.places(in: $0) }) {
        case .without(let route): self = route
        case .names(let kind, let name, let last): self = Self.endpoint(kind, text(name), text(last), method)
        }
    }

    /// What the components of a path say, and where the names are.
    private enum Places {
        /// An endpoint without names.
        case without(Route)
        /// The repository's name, and the last component.
        case names(Kind, Range<Int>, Range<Int>)
    }

    /// The endpoints of a repository.
    private enum Kind {
        case tags, manifest, blob, uploads, upload, referrers
    }

    private static func places(in path: UnsafeBufferPointer<UInt8>) -> Places {
        guard path.starts(with: "/v2".utf8) else { return .without(.unknown) }
        guard path.count > 3 else { return .without(.base) }
        guard path[3] == UInt8(ascii: "/") else { return .without(.unknown) }
        guard path.count > 4 else { return .without(.base) }
        // The replaced server redirects a path without its last slash, or with one too many, to the other form; a
        // redirect turns POST into GET in many clients, so both forms are answered.
        let end = path.last == UInt8(ascii: "/") ? path.count - 1 : path.count
        var components = PathComponents(UnsafeBufferPointer(rebasing: path[4..<end]))
        let last = components.removeLast()
        if components.isEmpty { return .without(components.has("_catalog", at: last) ? .catalog : .unknown) }
        let second = components.removeLast()
        if components.isEmpty { return .without(.unknown) }
        func names(_ kind: Kind) -> Places { .names(kind, 4..<(components.end + 4), (last.lowerBound + 4)..<end) }
        if components.has("uploads", at: second) {
            var further = components
            let third = further.removeLast()
            if !further.isEmpty, further.has("blobs", at: third) {
                components = further
                return names(.upload)
            }
        }
        if components.has("blobs", at: second) { return names(components.has("uploads", at: last) ? .uploads : .blob) }
        if components.has("manifests", at: second) { return names(.manifest) }
        if components.has("referrers", at: second) { return names(.referrers) }
        return components.has("tags", at: second) && components.has("list", at: last)
            ? names(.tags) : .without(.unknown)
    }

    private static func endpoint(
        _ kind: Kind,
        _ name: Substring,
        _ last: Substring,
        _ method: HTTPRequest.Method
    ) -> Route {
        let repository: RepositoryName
        do {
            repository = try RepositoryName(parsing: name)
        } catch {
            let message = "invalid repository name: \(error)"
            return .invalid(nil, RegistryError(.nameInvalid, message: message))
        }
        switch kind {
        case .tags: return .tags(repository)
        case .uploads: return .uploads(repository)
        case .manifest: return manifest(repository, last, method)
        case .blob: return digest(repository, last) { .blob(repository, $0) }
        case .referrers: return digest(repository, last) { .referrers(repository, $0) }
        case .upload:
            return UploadID(last).map { .upload(repository, $0) }
                ?? .invalid(
                    repository,
                    RegistryError(.blobUploadUnknown, detail: .text(String(last.prefix(200))))
                )
        }
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
