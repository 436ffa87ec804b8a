internal import HTTPTypes
internal import NIOCore
internal import RegistryCore

extension RegistryResponder {
    /// `GET` and `HEAD /v2/<name>/manifests/<reference>` (end-3).
    func manifest(_ call: Call, _ name: RepositoryName, _ reference: Reference) async throws -> Response {
        let accepted = AcceptedTypes(call.request.headerFields[values: .accept])
        var manifest = try await call.registry.manifest(reference, in: name)
        if !accepted.contains(manifest.mediaType) {
            manifest = try await substitute(for: manifest, accepted, call, name, reference)
        }
        let digest = manifest.digest.description
        var headers = HTTPFields()
        headers.reserveCapacity(4)
        headers.append(HTTPField(name: .eTag, value: "\"\(digest)\""))
        headers.append(HTTPField(name: .dockerContentDigest, value: digest))
        if let condition = call.request.headerFields.value(of: .ifNoneMatch), EntityTags(condition).contains(digest) {
            return Response(.notModified, headers: headers)
        }
        headers.append(HTTPField(name: .contentType, value: manifest.mediaType.description))
        return Response(.ok, headers: headers, body: .bytes(manifest.content))
    }

    /// What a client gets that lists the types it understands, and the manifest's is not among them: for an OCI type
    /// nothing, for a Docker list that is asked for by tag its linux/amd64 image, else the manifest as it is. So it
    /// is in the replaced server, for the sake of clients that know one image a tag.
    private func substitute(
        for manifest: StoredManifest,
        _ accepted: AcceptedTypes,
        _ call: Call,
        _ name: RepositoryName,
        _ reference: Reference
    ) async throws -> StoredManifest {
        switch manifest.mediaType {
        case .ociManifest, .ociIndex:
            throw RegistryError(
                .manifestUnknown,
                message: "the manifest is of type \(manifest.mediaType), which the Accept header does not list"
            )
        case .dockerManifestList:
            guard case .tag = reference else { return manifest }
            let list = try? Manifest(stored: manifest.content)
            let child = list?.manifests.first { $0.platform?.architecture == "amd64" && $0.platform?.os == "linux" }
            guard let child else {
                throw RegistryError(
                    .manifestUnknown,
                    message: "the manifest is a list without an image for linux/amd64, and the Accept header does not "
                        + "list \(manifest.mediaType)"
                )
            }
            return try await call.registry.manifest(.digest(child.digest), in: name)
        default: return manifest
        }
    }

    /// `PUT /v2/<name>/manifests/<reference>` (end-7).
    func putManifest(_ call: Call, _ name: RepositoryName, _ reference: Reference) async throws -> Response {
        var tags: [Tag] = []
        for text in call.target.values(of: "tag") {
            do { tags.append(try Tag(parsing: text)) } catch {
                throw RegistryError(.tagInvalid, message: "invalid tag in the query: \(error)")
            }
        }
        let content = try await wholeBody(call.body, limit: registry.options.validation.limits.bytes)
        let declared = try declaredType(call.request)
        let accepted = try await call.registry.putManifest(
            content,
            declared: declared,
            as: reference,
            tags: tags,
            in: name
        )
        var response = Response(
            .created,
            headers: [
                .location: call.urls.manifest(name.description, accepted.digest.description),
                .dockerContentDigest: accepted.digest.description,
            ]
        )
        if let subject = accepted.subject { response.headers[.ociSubject] = subject.description }
        if !tags.isEmpty { response.headers[.ociTag] = tags.map(\.description).joined(separator: ", ") }
        return response
    }

    /// `DELETE /v2/<name>/manifests/<reference>` (end-9).
    func deleteManifest(_ call: Call, _ name: RepositoryName, _ reference: Reference) async throws -> Response {
        switch reference {
        case .digest(let digest): try await call.registry.deleteManifest(digest, in: name)
        case .tag(let tag): try await call.registry.deleteTag(tag, in: name)
        }
        return Response(.accepted)
    }

    private func declaredType(_ request: HTTPRequest) throws(RegistryError) -> MediaType? {
        guard let text = request.headerFields[.contentType], !text.isEmpty else { return nil }
        guard let type = MediaType(text) else {
            throw RegistryError(
                .manifestInvalid,
                message: "unsupported manifest media type: '\(text.prefix(200))' is not a media type"
            )
        }
        return type
    }

    /// Reads a body that must be held in memory.
    ///
    /// - Throws: ``RegistryError`` with status 413 as soon as it is known to be too long.
    private func wholeBody(_ body: RequestBody, limit: Int) async throws -> ByteBuffer {
        let tooLarge = RegistryError(
            .manifestInvalid,
            message: "a manifest may have \(limit) bytes at the most",
            status: 413
        )
        if let length = body.length, length > limit { throw tooLarge }
        var content = ByteBuffer()
        while var piece = try await body.next() {
            guard content.readableBytes + piece.readableBytes <= limit else { throw tooLarge }
            if content.readableBytes == 0 { content = piece } else { content.writeBuffer(&piece) }
        }
        return content
    }
}

/// The types that a client lists in `Accept`.
///
/// Like the replaced server this knows no weights; unlike it a wildcard counts, and no header at all accepts all. The
/// list is read as bytes and only looked through: clients send some ten types with each request.
struct AcceptedTypes {
    private let values: [String]

    init(_ values: [String]) { self.values = values }

    func contains(_ type: MediaType) -> Bool {
        var isEmpty = true
        for var value in values {
            let isListed = value.withUTF8 { list in
                list.split(separator: UInt8(ascii: ",")).contains { item in
                    let bare = Self.bare(item)
                    if bare.isEmpty { return false }
                    isEmpty = false
                    return Self.equal(bare, type.description) || Self.equal(bare, "*/*")
                        || Self.equal(bare, "application/*")
                }
            }
            if isListed { return true }
        }
        return isEmpty
    }

    /// An item without its parameters and the space around it.
    private static func bare(_ item: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
        var bare = item.prefix { $0 != UInt8(ascii: ";") }.drop(while: isSpace)
        while let last = bare.last, isSpace(last) { bare.removeLast() }
        return bare
    }

    /// Whether an item is a type, whose letters are small, in any case.
    private static func equal(_ item: Slice<UnsafeBufferPointer<UInt8>>, _ type: String) -> Bool {
        var type = type
        return type.withUTF8 { wanted in
            guard item.count == wanted.count else { return false }
            for (position, wanted) in zip(item.indices, wanted) {
                let byte = item[position]
                guard byte == wanted || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") && byte | 0x20 == wanted
                else { return false }
            }
            return true
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
