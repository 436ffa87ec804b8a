import NIOCore
import RegistryCore
import RegistryTesting
import Testing

extension TestRegistry {
    /// Sends a request without content.
    func send(_ method: String, _ path: String, _ headers: [String: String] = [:]) async throws -> TestResponse {
        try await client.request(method, path, headers: headers)
    }

    /// Begins an upload.
    ///
    /// - Returns: where its first bytes go, as a request's target.
    func beginUpload(in repository: String) async throws -> String {
        let answer = try await client.request("POST", "/v2/\(repository)/blobs/uploads/")
        try #require(answer.status == 202)
        return try answer.locationTarget
    }

    /// Makes bytes a blob of a repository.
    ///
    /// - Returns: its digest.
    @discardableResult
    func pushBlob(_ text: String, to repository: String, as algorithm: DigestAlgorithm = .sha256) async throws -> String
    {
        let digest = digest(of: text, algorithm)
        let target = try await beginUpload(in: repository)
        let answer = try await client.request("PUT", "\(target)&digest=\(digest)", body: text)
        try #require(answer.status == 201)
        return digest
    }

    /// Pushes a manifest.
    ///
    /// - Returns: its digest.
    @discardableResult
    func pushManifest(_ sample: Sample, to repository: String, as reference: String? = nil) async throws -> String {
        let answer = try await client.request(
            "PUT",
            "/v2/\(repository)/manifests/\(reference ?? sample.digest)",
            headers: ["Content-Type": sample.type],
            body: sample.text
        )
        try #require(answer.status == 201, "\(answer.text)")
        return sample.digest
    }

    /// Pushes an image and all that it needs.
    ///
    /// - Returns: the image.
    @discardableResult
    func pushImage(
        _ name: String = "an image",
        to repository: String,
        as reference: String? = nil
    ) async throws -> Sample {
        try await pushBlob("config", to: repository)
        let image = Sample.image(name)
        try await pushManifest(image, to: repository, as: reference)
        return image
    }
}

/// A manifest to push.
struct Sample: Sendable {
    static let configType = "application/vnd.oci.image.config.v1+json"
    static let imageType = "application/vnd.oci.image.manifest.v1+json"
    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let dockerImageType = "application/vnd.docker.distribution.manifest.v2+json"
    static let dockerListType = "application/vnd.docker.distribution.manifest.list.v2+json"

    var type: String
    var text: String

    var digest: String { RegistryHTTPTests.digest(of: text) }

    func digest(_ algorithm: DigestAlgorithm) -> String { RegistryHTTPTests.digest(of: text, algorithm) }

    /// A descriptor of this manifest.
    func descriptor(_ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(text.utf8.count)\#(more)}"#
    }

    /// An image without layers whose configuration is the blob `config`.
    static func image(
        _ name: String,
        type: String = imageType,
        configType: String = configType,
        config: String = "config",
        more: String = ""
    ) -> Sample {
        let descriptor =
            #"{"mediaType":"\#(configType)","digest":"\#(RegistryHTTPTests.digest(of: config))","size":\#(config.utf8.count)}"#
        return Sample(
            type: type,
            text: #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(descriptor),"layers":[],"#
                + #""annotations":{"name":"\#(name)"}\#(more)}"#
        )
    }

    /// An index of descriptors.
    static func index(_ children: [String], type: String = indexType, more: String = "") -> Sample {
        Sample(
            type: type,
            text:
                #"{"schemaVersion":2,"mediaType":"\#(type)","manifests":[\#(children.joined(separator: ","))]\#(more)}"#
        )
    }
}

/// The digest of a text.
func digest(of text: String, _ algorithm: DigestAlgorithm = .sha256) -> String {
    ContentHasher.digest(of: ByteBuffer(string: text), algorithm: algorithm).description
}

extension TestResponse {
    /// The content as JSON.
    var json: JSONObject {
        get throws { try #require(try JSONValue(parsing: ByteBuffer(bytes: body)).object) }
    }

    /// The codes in an error's body.
    var errorCodes: [String] {
        get throws {
            let errors = try #require(try json["errors"]?.array)
            return try errors.map { try #require($0.object?["code"]?.string) }
        }
    }

    /// The texts of a list in the content.
    func texts(_ name: String) throws -> [String] {
        try #require(try json["\(name)"]?.array).map { try #require($0.string) }
    }

    /// The target of `Location`, without scheme and host.
    var locationTarget: String {
        get throws {
            let location = try #require(headers["Location"])
            guard let scheme = location.firstRange(of: "://") else { return location }
            let host = location[scheme.upperBound...]
            return String(host[try #require(host.firstIndex(of: "/"))...])
        }
    }

    /// The target of the next page; `nil` on the last one.
    var nextPage: String? {
        get throws {
            guard let link = headers["Link"] else { return nil }
            try #require(link.hasPrefix("<") && link.hasSuffix(">; rel=\"next\""), "\(link)")
            return String(link.dropFirst().prefix { $0 != ">" })
        }
    }
}

/// Expects an answer to be a refusal in the specification's form, with the headers that each refusal has.
func expectRefusal(
    _ answer: TestResponse,
    _ status: Int,
    _ code: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(try answer.errorCodes.first == code, "\(answer.text)", sourceLocation: sourceLocation)
    #expect(answer.headers["Content-Type"] == "application/json", sourceLocation: sourceLocation)
    #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0", sourceLocation: sourceLocation)
}
