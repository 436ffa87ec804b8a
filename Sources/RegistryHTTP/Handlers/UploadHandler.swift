internal import HTTPTypes
internal import RegistryAuth
internal import RegistryCore

extension RegistryResponder {
    /// `POST /v2/<name>/blobs/uploads/`: begins an upload (end-4a), takes a whole blob (end-4b) or mounts one (end-11).
    func beginUpload(
        _ call: Call,
        _ name: RepositoryName,
        mountingFrom source: RepositoryName?,
        mayMount: Bool
    ) async throws -> Response {
        let digest = try digest(call.target["digest"])
        if let text = call.target["digest-algorithm"], DigestAlgorithm(rawValue: text) == nil {
            throw RegistryError(
                .digestInvalid,
                message: "the digest algorithm '\(text.prefix(100))' is not supported: use sha256, sha384 or sha512"
            )
        }
        if let mounted = try self.digest(call.target["mount"]), mayMount,
            try await mount(call, mounted, from: source, into: name)
        {
            return created(call, name, mounted)
        }
        if let digest {
            try await call.registry.pushBlob(call.content, expecting: digest, in: name)
            return created(call, name, digest)
        }
        return progress(.accepted, call, name, try await call.registry.beginUpload(in: name))
    }

    private func mount(
        _ call: Call,
        _ digest: Digest,
        from source: RepositoryName?,
        into name: RepositoryName
    ) async throws -> Bool {
        try await call.registry.mount(digest, from: source, into: name) { candidate in
            // The request itself was allowed to read the source that it names.
            if candidate == source || candidate == name { return true }
            let decision = await access.decide(
                AccessRequest(call.request, call.peer, wanting: [Access(.pull, to: .repository(candidate))])
            )
            return switch decision {
            case .granted: true
            case .challenged, .denied, .busy: false
            }
        }
    }

    /// `GET` and `HEAD /v2/<name>/blobs/uploads/<id>` (end-13).
    func uploadStatus(_ call: Call, _ name: RepositoryName, _ id: UploadID) async throws -> Response {
        progress(.noContent, call, name, try await call.registry.uploadStatus(id, in: name))
    }

    /// `PATCH /v2/<name>/blobs/uploads/<id>` (end-5).
    func appendToUpload(_ call: Call, _ name: RepositoryName, _ id: UploadID) async throws -> Response {
        try await continuing(call, name, id) { offset in
            let status = try await call.registry.append(call.content, to: id, at: offset, in: name)
            return progress(.accepted, call, name, status)
        }
    }

    /// `PUT /v2/<name>/blobs/uploads/<id>?digest=<digest>` (end-6).
    func finishUpload(_ call: Call, _ name: RepositoryName, _ id: UploadID) async throws -> Response {
        guard let digest = try digest(call.target["digest"]) else {
            throw RegistryError(.digestInvalid, message: "the query has no digest to end the upload with")
        }
        return try await continuing(call, name, id) { offset in
            try await call.registry.finishUpload(
                id,
                appending: call.content,
                at: offset,
                expecting: digest,
                in: name
            )
            return created(call, name, digest)
        }
    }

    /// `DELETE /v2/<name>/blobs/uploads/<id>` (end-14).
    func cancelUpload(_ call: Call, _ name: RepositoryName, _ id: UploadID) async throws -> Response {
        _ = try token(call, name, id)
        try await call.registry.cancelUpload(id, in: name)
        return Response(.noContent, headers: [.dockerUploadUUID: id.description])
    }

    /// Runs a request that goes on with an upload, and answers one that begins at the wrong place with where the
    /// upload stands, so that the client can go on from there.
    private func continuing(
        _ call: Call,
        _ name: RepositoryName,
        _ id: UploadID,
        _ body: (_ offset: Int64?) async throws -> Response
    ) async throws -> Response {
        do {
            let token = try token(call, name, id)
            let range = try ContentRange(call.request.headerFields[.contentRange])
            if let range, let length = call.body.length, range.length != length {
                throw RegistryError(
                    .sizeInvalid,
                    message: "Content-Range tells of \(range.length) bytes and Content-Length of \(length)"
                )
            }
            return try await body(range?.first ?? token?.offset)
        } catch let error as RegistryError where error.code == .rangeInvalid {
            guard let status = try? await call.registry.uploadStatus(id, in: name) else { throw error }
            var response = Response(error)
            response.headers.append(contentsOf: progress(.accepted, call, name, status).headers)
            return response
        }
    }

    /// The state that the client carries; `nil` when it has lost it, which is no reason to refuse it.
    ///
    /// - Throws: ``RegistryError`` with `BLOB_UPLOAD_INVALID` when it is not a state of this upload.
    private func token(_ call: Call, _ name: RepositoryName, _ id: UploadID) throws(RegistryError) -> UploadToken? {
        guard let text = call.target["_state"], !text.isEmpty else { return nil }
        let token = try UploadToken(parsing: text, secret: options.uploadSecret)
        guard token.repository == name.description, token.id == id.description else {
            throw RegistryError(.blobUploadInvalid, message: "_state belongs to another upload")
        }
        return token
    }

    private func digest(_ text: String?) throws(RegistryError) -> Digest? {
        guard let text, !text.isEmpty else { return nil }
        do { return try Digest(parsing: text) } catch { throw RegistryError(.digestInvalid, message: "\(error)") }
    }

    private func created(_ call: Call, _ name: RepositoryName, _ digest: Digest) -> Response {
        Response(
            .created,
            headers: [
                .location: call.urls.blob(name.description, digest.description),
                .dockerContentDigest: digest.description,
            ]
        )
    }

    private func progress(
        _ code: HTTPResponse.Status,
        _ call: Call,
        _ name: RepositoryName,
        _ status: UploadStatus
    ) -> Response {
        let token = UploadToken(repository: name, status: status).encoded(secret: options.uploadSecret)
        var headers: HTTPFields = [
            .location: call.urls.upload(name.description, status.id.description, token: token),
            // An upload without bytes is told as `0-0`, like one with a single byte: clients know it so.
            .range: "0-\(max(0, status.size - 1))",
            .dockerUploadUUID: status.id.description,
        ]
        if options.minimumChunkLength > 0 { headers[.ociChunkMinLength] = String(options.minimumChunkLength) }
        return Response(code, headers: headers)
    }
}

/// The value of a chunk's `Content-Range`: `<first>-<last>`, as the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks)
/// has it, or with the unit and the total of RFC 9110.
struct ContentRange: Hashable {
    /// The offset of the first byte.
    let first: Int64
    /// How many bytes there are.
    let length: Int64

    /// - Throws: ``RegistryError`` with `RANGE_INVALID`.
    init?(_ header: String?) throws(RegistryError) {
        guard let header else { return nil }
        var text = header[...]
        if text.hasPrefix("bytes ") { text = text.dropFirst(6) }
        text = text.prefix { $0 != "/" }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            last < Int64.max
        else {
            throw RegistryError(
                .rangeInvalid,
                message: "'\(header.prefix(100))' is not a range: expected <first>-<last>"
            )
        }
        self.first = first
        length = last - first + 1
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? Int64(text) : nil
    }
}
