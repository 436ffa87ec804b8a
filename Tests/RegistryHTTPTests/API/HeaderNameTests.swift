import HTTPTypes
import Testing

@testable import RegistryHTTP

struct HeaderNameTests {
    static let names: [(HTTPField.Name, String)] = [
        (.dockerAPIVersion, "Docker-Distribution-API-Version"), (.dockerContentDigest, "Docker-Content-Digest"),
        (.dockerUploadUUID, "Docker-Upload-UUID"), (.ociSubject, "OCI-Subject"), (.ociTag, "OCI-Tag"),
        (.ociFiltersApplied, "OCI-Filters-Applied"), (.ociChunkMinLength, "OCI-Chunk-Min-Length"), (.link, "Link"),
        (.forwarded, "Forwarded"), (.forwardedProto, "X-Forwarded-Proto"), (.forwardedHost, "X-Forwarded-Host"),
        (.forwardedPort, "X-Forwarded-Port"), (.forwardedPrefix, "X-Forwarded-Prefix"),
        (.forwardedFor, "X-Forwarded-For"), (.realIP, "X-Real-Ip"),
    ]

    @Test("every field that the library's list lacks has its own name", arguments: names)
    func name(field: HTTPField.Name, text: String) {
        #expect(field.rawName == text)
    }
}
