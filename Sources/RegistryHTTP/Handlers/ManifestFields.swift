internal import HTTPTypes
internal import RegistryCore
internal import Synchronization

/// The header fields that a manifest's digest and type determine, made once for each that is pulled again and again: to
/// write and to check three texts was 3 % of the instructions of a pull. May be used from any thread.
final class ManifestFields: Sendable {
    /// Those of one manifest.
    struct Fields {
        let type: MediaType
        /// The digest as text, to be found among the entity tags of a condition.
        let digest: String
        /// The fields of an answer without content.
        let ofUnmodified: HTTPFields
        /// The fields of an answer with the manifest: in one list, since to append fields one by one was 2,000 of 128,000.
        let all: HTTPFields

        fileprivate init(_ digest: Digest, _ type: MediaType) {
            self.type = type
            self.digest = digest.description
            ofUnmodified = [.eTag: digest.quoted, .dockerContentDigest: self.digest]
            all = ofUnmodified + [.contentType: type.description]
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
