internal import HTTPTypes
internal import RegistryCore
internal import Synchronization

/// The header fields that a manifest's digest and type determine, made once for each that is pulled again and again: to
/// write and to check three texts was 3 % of the instructions of a pull. May be used from any thread.
final class ManifestFields: Sendable {
    /// Those of one manifest.
    struct Fields {
        let type: MediaType
        let entityTag: HTTPField
        let contentDigest: HTTPField
        let contentType: HTTPField

        fileprivate init(_ digest: Digest, _ type: MediaType) {
            self.type = type
            entityTag = HTTPField(name: .eTag, value: digest.quoted)
            contentDigest = HTTPField(name: .dockerContentDigest, value: digest.description)
            contentType = HTTPField(name: .contentType, value: type.description)
        }
    }

    /// How many manifests' are kept, at half a kilobyte each; then all are made anew.
    private static let limit = 1024

    private let kept = Mutex<[Digest: Fields]>([:])

    /// The fields of a manifest.
    func fields(of manifest: StoredManifest) -> Fields {
        kept.withLock { kept in
            if let fields = kept[manifest.digest], fields.type == manifest.mediaType { return fields }
            let fields = Fields(manifest.digest, manifest.mediaType)
            if kept.count >= Self.limit { kept = [:] }
            kept[manifest.digest] = fields
            return fields
        }
    }
}
