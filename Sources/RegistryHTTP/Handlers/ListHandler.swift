internal import HTTPTypes
internal import NIOCore
internal import RegistryCore

extension RegistryResponder {
    /// How many repositories a page of the catalog has when the client does not say.
    private static let defaultCatalogEntries = 100

    /// `GET /v2/_catalog`
    func catalog(_ call: Call) async throws -> Response {
        let maximum = options.maximumCatalogEntries
        let pagination = try Pagination(call.target, maximum: maximum, refusesMore: true)
        let count = pagination.count ?? min(Self.defaultCatalogEntries, maximum)
        let page = try await call.registry.repositories(after: pagination.last, limit: count)
        var response = Response(.ok, headers: [.contentType: "application/json"])
        response.body = .bytes(list([], "repositories", page.items.map(\.description)))
        if page.hasMore, let last = page.items.last {
            response.headers[.link] = Pagination.link(path: call.path, last: last.description, count: count)
        }
        return response
    }

    /// `GET /v2/<name>/tags/list` (end-8a, end-8b).
    func tags(_ call: Call, _ name: RepositoryName) async throws -> Response {
        let pagination = try Pagination(call.target, maximum: options.maximumTags, refusesMore: false)
        let page = try await call.registry.tags(in: name, after: pagination.last, limit: pagination.count)
        var response = Response(.ok, headers: [.contentType: "application/json"])
        response.body = .bytes(list([("name", name.description)], "tags", page.items.map(\.description)))
        if page.hasMore, let last = page.items.last {
            response.headers[.link] = Pagination.link(path: call.path, last: last.description, count: pagination.count)
        }
        return response
    }

    /// `GET /v2/<name>/referrers/<digest>` (end-12a, end-12b).
    func referrers(_ call: Call, _ name: RepositoryName, _ subject: Digest) async throws -> Response {
        let pagination = try Pagination(call.target, maximum: options.maximumReferrers, refusesMore: false)
        let filter = call.target["artifactType"].flatMap { $0.isEmpty ? nil : $0 }
        let last: Digest?
        do { last = try pagination.last.map { try Digest(parsing: $0) } } catch {
            throw RegistryError(.digestInvalid, message: "invalid digest in 'last': \(error)")
        }
        let count = max(1, pagination.count ?? options.maximumReferrers)
        let page = try await call.registry.referrers(
            of: subject,
            in: name,
            artifactType: filter,
            after: last,
            limit: count
        )
        var body = ByteBuffer()
        body.writeString(#"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":["#)
        for (position, descriptor) in page.items.enumerated() {
            if position > 0 { body.writeString(",") }
            descriptor.write(into: &body)
        }
        body.writeString("]}")
        var response = Response(
            .ok,
            headers: [.contentType: MediaType.ociIndex.description],
            body: .bytes(body)
        )
        if filter != nil { response.headers[.ociFiltersApplied] = "artifactType" }
        if page.hasMore, let last = page.items.last?.digest {
            response.headers[.link] = Pagination.link(
                path: call.path,
                last: last.description,
                count: pagination.count.map { max(1, $0) },
                filter: filter.map { ("artifactType", $0) }
            )
        }
        return response
    }

    /// A JSON object of texts and then one list of texts, with a line end, as the replaced server writes it.
    private func list(_ members: [(String, String)], _ name: String, _ items: [String]) -> ByteBuffer {
        var body = ByteBuffer()
        var isFirst = true
        body.writeString("{")
        for (name, value) in members {
            body.writeJSONName(name, isFirst: &isFirst)
            body.writeJSONString(value)
        }
        body.writeJSONName(name, isFirst: &isFirst)
        body.writeJSONStrings(items)
        body.writeString("}\n")
        return body
    }
}
