/// The kind of endpoint that a request is for, by the names that the replaced server's metrics have for them.
public enum Endpoint: String, Sendable, Hashable, CaseIterable {
    /// `/v2/`
    case base
    /// `/v2/<name>/manifests/<reference>`
    case manifest
    /// `/v2/<name>/tags/list`
    case tags
    /// `/v2/<name>/blobs/<digest>`
    case blob
    /// `/v2/<name>/blobs/uploads/`
    case blobUpload = "blob_upload"
    /// `/v2/<name>/blobs/uploads/<id>`
    case blobUploadChunk = "blob_upload_chunk"
    /// `/v2/_catalog`
    case catalog
    /// `/v2/<name>/referrers/<digest>`, which the replaced server doesn't have.
    case referrers
    /// Any other path.
    case other

    /// The kind of a request's target, as a client sent it.
    ///
    /// It looks at the ends of the path's bytes and parses nothing, so that it can be asked before a request is
    /// answered: a path whose names are malformed has a kind too, and an escaped separator is not seen.
    public init(target: String?) {
        guard let target else {
            self = .other
            return
        }
        var text = target
        self = text.withUTF8 { Self.kind(of: $0) }
    }

    private static func kind(of target: UnsafeBufferPointer<UInt8>) -> Endpoint {
        var end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        if end > 0, target[end - 1] == UInt8(ascii: "/") { end -= 1 }
        var path = PathComponents(UnsafeBufferPointer(rebasing: target[..<end]))
        let last = path.removeLast()
        if path.has("v2", at: last) { return .base }
        let second = path.removeLast()
        if path.has("v2", at: second) { return path.has("_catalog", at: last) ? .catalog : .other }
        if path.has("blobs", at: second) { return path.has("uploads", at: last) ? .blobUpload : .blob }
        if path.has("manifests", at: second) { return .manifest }
        if path.has("tags", at: second), path.has("list", at: last) { return .tags }
        if path.has("referrers", at: second) { return .referrers }
        if path.has("uploads", at: second) {
            let third = path.removeLast()
            if path.has("blobs", at: third) { return .blobUploadChunk }
        }
        return .other
    }
}
