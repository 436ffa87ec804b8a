import Foundation

/// Pushes and pulls whole images by plain API calls, and checks every digest and every size on the way.
///
/// It shares no code with the server, so that a mistake can't cancel itself out.
public struct RegistryReader: Sendable {
    private let wire: WireClient

    /// Makes a reader on top of a client.
    public init(wire: WireClient) {
        self.wire = wire
    }

    /// The manifest types that a reader of today knows.
    public static let manifestTypes = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ].joined(separator: ", ")

    /// The digest of a manifest, computed over the content that comes.
    ///
    /// - Throws: ``WireError`` where it doesn't come, or `HEAD` or the headers say something else than the content.
    public func digest(_ repository: String, _ reference: String) async throws -> String {
        contentDigest(try await manifest(repository, reference))
    }

    /// Walks an image or an index and checks the digest and the size of everything.
    ///
    /// - Returns: How many manifests and blobs were checked.
    @discardableResult
    public func verify(_ repository: String, _ reference: String) async throws -> Int {
        let manifest = try JSONDecoder().decode(Links.self, from: Data(try await manifest(repository, reference)))
        var checked = 1
        for child in manifest.manifests ?? [] { checked += try await verify(repository, child.digest) }
        for blob in (manifest.layers ?? []) + (manifest.config.map { [$0] } ?? []) {
            let response = try await wire.send(WireRequest("GET", "/v2/\(repository)/blobs/\(blob.digest)"))
            guard response.status == 200, response.body.count == blob.size, contentDigest(response.body) == blob.digest
            else { throw WireError(description: "\(repository): blob \(blob.digest) answers \(response.status)") }
            checked += 1
        }
        return checked
    }

    /// Pushes the image of a layout, blobs first.
    ///
    /// - Returns: The digest of what was pushed.
    @discardableResult
    public func push(_ image: ImageLayout.Image, to repository: String, tag: String) async throws -> String {
        for blob in image.blobs { try await pushBlob(blob, to: repository) }
        for child in image.children { try await push(child, to: repository, tag: child.digest) }
        try await pushManifest(image.manifest, type: image.mediaType, to: repository, reference: tag)
        return image.digest
    }

    /// Uploads one blob in one request after the `POST`.
    public func pushBlob(_ content: [UInt8], to repository: String) async throws {
        let digest = contentDigest(content)
        let start = try await wire.send(WireRequest("POST", "/v2/\(repository)/blobs/uploads/", body: []))
        guard start.status == 202, let location = start["Location"] else {
            throw WireError(description: "POST of an upload answers \(start.status): \(start.text)")
        }
        let target = Self.target(of: location)
        let put = WireRequest(
            "PUT",
            target + (target.contains("?") ? "&" : "?") + "digest=\(digest)",
            headers: [("Content-Type", "application/octet-stream")],
            body: content
        )
        let end = try await wire.send(put)
        guard end.status == 201 else {
            throw WireError(description: "PUT of a blob answers \(end.status): \(end.text)")
        }
    }

    /// Puts one manifest.
    public func pushManifest(_ content: [UInt8], type: String, to repository: String, reference: String) async throws {
        let request = WireRequest(
            "PUT",
            "/v2/\(repository)/manifests/\(reference)",
            headers: [("Content-Type", type)],
            body: content
        )
        let response = try await wire.send(request)
        guard response.status == 201 else {
            throw WireError(description: "PUT of a manifest answers \(response.status): \(response.text)")
        }
    }

    /// Path and query of a `Location`, whether it is absolute or not.
    public static func target(of location: String) -> String {
        guard let scheme = location.range(of: "://") else { return location }
        let rest = location[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    private func manifest(_ repository: String, _ reference: String) async throws -> [UInt8] {
        let target = "/v2/\(repository)/manifests/\(reference)"
        let accept = [(name: "Accept", value: Self.manifestTypes)]
        let response = try await wire.send(WireRequest("GET", target, headers: accept))
        guard response.status == 200 else {
            throw WireError(description: "GET \(target) answers \(response.status): \(response.text)")
        }
        let digest = contentDigest(response.body)
        guard response["Docker-Content-Digest"] == digest else {
            throw WireError(description: "GET \(target): Docker-Content-Digest is not the content's")
        }
        let head = try await wire.send(WireRequest("HEAD", target, headers: accept))
        guard head.status == 200, head["Content-Length"] == "\(response.body.count)",
            head["Docker-Content-Digest"] == digest
        else { throw WireError(description: "HEAD \(target) differs from GET: \(head)") }
        return response.body
    }
}

/// What a manifest or an index points to.
private struct Links: Decodable {
    struct Target: Decodable {
        var digest: String
        var size: Int
    }

    var manifests: [Target]?
    var config: Target?
    var layers: [Target]?
}
