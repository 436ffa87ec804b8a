internal import HTTPTypes
internal import RegistryCore

extension RegistryResponder {
    /// `GET` and `HEAD /v2/<name>/blobs/<digest>` (end-2).
    func blob(_ call: Call, _ name: RepositoryName, _ digest: Digest) async throws -> Response {
        let headers = call.request.headerFields
        let blob = try await call.registry.blob(digest, in: name, method: call.request.method.rawValue)
        let tag = digest.quoted
        if let redirect = blob.redirect {
            return Response(
                .temporaryRedirect,
                headers: [.location: redirect, .dockerContentDigest: digest.description]
            )
        }
        var response = Response(
            .ok,
            headers: [
                .eTag: tag, .cacheControl: "max-age=31536000", .dockerContentDigest: digest.description,
                .acceptRanges: "bytes",
            ]
        )
        if let condition = headers[.ifNoneMatch], EntityTags(condition).contains(digest.description) {
            response.status = .notModified
            return response
        }
        response.headers[.contentType] = "application/octet-stream"
        let size = blob.object.size
        switch ByteRange(requested: headers[.range], ifRange: headers[.ifRange], tag: tag, size: size) {
        case .whole:
            response.body = .object(blob.object, 0..<size)
        case .part(let range):
            response.status = .partialContent
            response.headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            response.body = .object(blob.object, range)
        case .unsatisfiable:
            response = Response(
                RegistryError(.rangeInvalid, message: "the blob has \(size) bytes, and the range holds none of them")
            )
            response.headers[.contentRange] = "bytes */\(size)"
        }
        return response
    }

    /// `DELETE /v2/<name>/blobs/<digest>` (end-10).
    func deleteBlob(_ call: Call, _ name: RepositoryName, _ digest: Digest) async throws -> Response {
        try await call.registry.deleteBlob(digest, in: name)
        return Response(.accepted, headers: [.dockerContentDigest: digest.description])
    }
}
