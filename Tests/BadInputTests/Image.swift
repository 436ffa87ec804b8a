import NIOCore
import RegistryCore
import RegistryTesting
import Testing

/// The image that is in the registry before the bad requests come, and must be there after them.
enum Image {
    static let repository = "good/image"
    static let tag = "latest"
    static let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
    static let layer = Array("a layer of a few bytes".utf8)
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let manifest = Array(
        #"{"schemaVersion":2,"mediaType":"\#(manifestType)","config":\#(configDescriptor),"layers":[\#(layerDescriptor)]}"#
            .utf8)
    static let configDescriptor =
        #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest(of: config))","size":\#(config.count)}"#
    static let layerDescriptor =
        #"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#(digest(of: layer))","size":\#(layer.count)}"#
    static let manifestDescriptor =
        #"{"mediaType":"\#(manifestType)","digest":"\#(digest(of: manifest))","size":\#(manifest.count)}"#
    /// The digest of content that is nowhere.
    static let absent = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

    static func digest(of bytes: [UInt8]) -> String {
        ContentHasher.digest(of: ByteBuffer(bytes: bytes), algorithm: .canonical).description
    }

    /// Pushes it.
    static func push(with client: HTTPTestClient) async throws {
        for blob in [config, layer] {
            let begun = try await client.request("POST", "/v2/\(repository)/blobs/uploads/", body: [])
            let place = try #require(begun.headers["Location"].flatMap(path))
            let ended = try await client.request(
                "PUT", "\(place)\(place.contains("?") ? "&" : "?")digest=\(digest(of: blob))",
                headers: ["Content-Type": "application/octet-stream"], body: blob)
            try #require(ended.status == 201)
        }
        let pushed = try await client.request(
            "PUT", "/v2/\(repository)/manifests/\(tag)", headers: ["Content-Type": manifestType], body: manifest)
        try #require(pushed.status == 201)
    }

    /// What is no longer as it was pushed, in words; empty when all is well.
    static func damage(_ client: HTTPTestClient) async throws -> [String] {
        var damage: [String] = []
        let base = try await client.request("GET", "/v2/")
        if base.status != 200 { damage.append("GET /v2/ answers \(base.status)") }
        let kept = try await client.request(
            "GET", "/v2/\(repository)/manifests/\(tag)", headers: ["Accept": manifestType])
        if kept.status != 200 || kept.body != manifest { damage.append("the manifest is not as it was: \(kept.status)") }
        for blob in [config, layer] {
            let kept = try await client.request("GET", "/v2/\(repository)/blobs/\(digest(of: blob))")
            if kept.status != 200 || kept.body != blob { damage.append("a blob is not as it was: \(kept.status)") }
        }
        return damage
    }

    /// The path and query of a URL.
    static func path(of location: String) -> String? {
        guard let scheme = location.firstRange(of: "://") else { return location }
        let rest = location[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) }
    }
}
