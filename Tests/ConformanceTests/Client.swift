import NIOCore
import RegistryCore
import RegistryTesting
import Testing

/// What a conforming client sends, in the words of the specification.
extension TestRegistry {
    static let imageType = "application/vnd.oci.image.manifest.v1+json"
    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let configType = "application/vnd.oci.image.config.v1+json"

    func send(
        _ method: String,
        _ path: String,
        _ headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> TestResponse {
        guard let body else { return try await client.request(method, path, headers: headers) }
        return try await client.request(method, path, headers: headers, body: body)
    }

    /// Obtains a session's location (end-4a).
    func session(in name: String, _ headers: [String: String] = [:]) async throws -> String {
        let answer = try await send("POST", "/v2/\(name)/blobs/uploads/", headers)
        try #require(answer.status == 202)
        return try answer.location
    }

    /// Pushes a blob by POST, then PUT.
    @discardableResult
    func push(blob: String, to name: String) async throws -> String {
        let location = try await session(in: name)
        let digest = digest(of: blob)
        let answer = try await send("PUT", location.adding("digest=\(digest)"), body: blob)
        try #require(answer.status == 201)
        return digest
    }

    /// Pushes a manifest and the configuration that it needs; by its digest where there is no tag.
    @discardableResult
    func push(
        manifest: String,
        type: String = imageType,
        to name: String,
        tag: String? = nil
    ) async throws -> TestResponse {
        try await push(blob: "{}", to: name)
        let reference = tag ?? digest(of: manifest)
        let answer = try await send("PUT", "/v2/\(name)/manifests/\(reference)", ["Content-Type": type], body: manifest)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }
}

/// An image manifest without layers.
func image(_ name: String, artifactType: String? = nil, subject: String? = nil) -> String {
    let config = #"{"mediaType":"\#(TestRegistry.configType)","digest":"\#(digest(of: "{}"))","size":2}"#
    let type = artifactType.map { #","artifactType":"\#($0)""# } ?? ""
    let about = subject.map { #","subject":\#(descriptor(of: $0))"# } ?? ""
    return #"{"schemaVersion":2,"mediaType":"\#(TestRegistry.imageType)""# + type
        + #","config":\#(config),"layers":[],"annotations":{"org.example.name":"\#(name)"}\#(about)}"#
}

/// An index without children.
func index(artifactType: String? = nil, subject: String? = nil) -> String {
    let type = artifactType.map { #","artifactType":"\#($0)""# } ?? ""
    let about = subject.map { #","subject":\#(descriptor(of: $0))"# } ?? ""
    return #"{"schemaVersion":2,"mediaType":"\#(TestRegistry.indexType)","manifests":[]\#(type)\#(about)}"#
}

/// The descriptor of an image manifest.
func descriptor(of manifest: String) -> String {
    #"{"mediaType":"\#(TestRegistry.imageType)","digest":"\#(digest(of: manifest))","size":\#(manifest.utf8.count)}"#
}

func digest(of text: String, _ algorithm: DigestAlgorithm = .sha256) -> String {
    ContentHasher.digest(of: ByteBuffer(string: text), algorithm: algorithm).description
}

extension String {
    /// A location with a further member in its query: "a client must take care to add to a query that is there".
    func adding(_ member: String) -> String { self + (contains("?") ? "&" : "?") + member }
}

extension TestResponse {
    /// Where the answer leads, without scheme and host.
    var location: String {
        get throws {
            let location = try #require(headers["Location"])
            guard let scheme = location.firstRange(of: "://") else { return location }
            let rest = location[scheme.upperBound...]
            return String(rest[try #require(rest.firstIndex(of: "/"))...])
        }
    }

    var json: JSONObject {
        get throws { try #require(try JSONValue(parsing: ByteBuffer(bytes: body)).object) }
    }

    /// The code of the first error; the body must be an error's.
    var code: String {
        get throws { try #require(try json["errors"]?.array?.first?.object?["code"]?.string) }
    }

    var tags: [String] {
        get throws { try #require(try json["tags"]?.array).compactMap(\.string) }
    }

    var descriptors: [JSONObject] {
        get throws { try #require(try json["manifests"]?.array).compactMap(\.object) }
    }
}
