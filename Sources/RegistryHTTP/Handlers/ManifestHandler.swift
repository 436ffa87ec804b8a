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
        let fields = manifestFields.fields(of: manifest)
        if let condition = call.request.headerFields.value(of: .ifNoneMatch),
            EntityTags(condition).contains(fields.digest)
        {
            return Response(.notModified, headers: fields.ofUnmodified)
        }
        return Response(.ok, headers: fields.all, body: .bytes(manifest.content))
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
        var type = type.description
        return type.withUTF8 { wanted in
            var isEmpty = true
            for var value in values {
                let isListed = value.withUTF8 { Self.isListed(wanted, in: $0, &isEmpty) }
                if isListed { return true }
            }
            return isEmpty
        }
    }

    /// Whether one field's list has a type, or a wildcard for it. A list with an item is told as not empty.
    private static func isListed(
        _ type: UnsafeBufferPointer<UInt8>,
        in list: UnsafeBufferPointer<UInt8>,
        _ isEmpty: inout Bool
    ) -> Bool {
        var start = 0
        while start < list.count {
            var end = start
            while end < list.count, list[end] != UInt8(ascii: ",") { end += 1 }
            let item = bare(UnsafeBufferPointer(rebasing: list[start..<end]))
            start = end + 1
            if item.isEmpty { continue }
            isEmpty = false
            if equal(item, type) || equal(item, "*/*") || equal(item, "application/*") { return true }
        }
        return false
    }

    /// An item without its parameters and the space around it.
    private static func bare(_ item: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var (start, end) = (0, 0)
        while end < item.count, item[end] != UInt8(ascii: ";") { end += 1 }
        while start < end, isSpace(item[start]) { start += 1 }
        while end > start, isSpace(item[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: item[start..<end])
    }

    private static func equal(_ item: UnsafeBufferPointer<UInt8>, _ wildcard: StaticString) -> Bool {
        equal(item, UnsafeBufferPointer(start: wildcard.utf8Start, count: wildcard.utf8CodeUnitCount))
    }

    /// Whether an item is a type, whose letters are small, in any case.
    private static func equal(_ item: UnsafeBufferPointer<UInt8>, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        guard item.count == wanted.count else { return false }
        for place in 0..<item.count where item[place] != wanted[place] {
            let byte = item[place]
            guard byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z"), byte | 0x20 == wanted[place] else {
                return false
            }
        }
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
