import HTTPTypes
import NIOCore
import Testing

@testable import RegistryCore
@testable import RegistryHTTP

@Suite("The header fields of manifests")
struct ManifestFieldsTests {
    private func manifest(_ number: Int, _ type: MediaType = .ociManifest) -> StoredManifest {
        let content = ByteBuffer(string: "\(number)")
        return StoredManifest(digest: ContentHasher.digest(of: content), mediaType: type, content: content)
    }

    @Test("each manifest has its own, however many there are and however often one is asked for")
    func own() {
        let kept = ManifestFields()
        for number in (0..<3000).map({ $0 % 1500 }) {
            let manifest = manifest(number)
            let fields = kept.fields(of: manifest)
            #expect(fields.digest == manifest.digest.description)
            #expect(
                fields.ofUnmodified == [
                    .eTag: "\"\(manifest.digest)\"", .dockerContentDigest: manifest.digest.description,
                ]
            )
            #expect(fields.all == fields.ofUnmodified + [.contentType: MediaType.ociManifest.description])
        }
    }

    @Test("the same bytes of another type have that type")
    func type() {
        let kept = ManifestFields()
        for type in [MediaType.ociManifest, .ociIndex, .ociManifest] {
            #expect(kept.fields(of: manifest(1, type)).all[.contentType] == type.description)
        }
    }
}
