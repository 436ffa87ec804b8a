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
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        var rest = path[...]
        if rest.last == UInt8(ascii: "/") { rest.removeLast() }
        let last = Self.removeLastComponent(&rest)
        if last.elementsEqual("v2".utf8) {
            self = .base
            return
        }
        let second = Self.removeLastComponent(&rest)
        if second.elementsEqual("v2".utf8) {
            self = last.elementsEqual("_catalog".utf8) ? .catalog : .other
            return
        }
        if second.elementsEqual("blobs".utf8) {
            self = last.elementsEqual("uploads".utf8) ? .blobUpload : .blob
        } else if second.elementsEqual("manifests".utf8) {
            self = .manifest
        } else if second.elementsEqual("tags".utf8), last.elementsEqual("list".utf8) {
            self = .tags
        } else if second.elementsEqual("referrers".utf8) {
            self = .referrers
        } else if second.elementsEqual("uploads".utf8),
            Self.removeLastComponent(&rest).elementsEqual("blobs".utf8)
        {
            self = .blobUploadChunk
        } else {
            self = .other
        }
    }

    private static func removeLastComponent(_ path: inout Substring.UTF8View) -> Substring.UTF8View {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            defer { path = path[path.endIndex...] }
            return path
        }
        defer { path = path[..<slash] }
        return path[path.index(after: slash)...]
    }
}
