import RegistryTesting
import Testing

@testable import RegistryHTTP

@Suite("The types that a client accepts")
struct AcceptTests {
    private static let ociTypes = [Sample.imageType, Sample.indexType]
    private static let dockerTypes = [Sample.dockerImageType, Sample.dockerListType]

    @Test(
        "without Accept, with a wildcard and with an empty one every type is served",
        arguments: [nil, "*/*", "application/*", "text/html, */*;q=0.8", ""]
    )
    func acceptAll(accept: String?) async throws {
        try await TestRegistry.run { registry in
            let samples = try await pushAll(to: registry)
            for (tag, sample) in samples {
                let answer = try await registry.send(
                    "GET",
                    "/v2/a/manifests/\(tag)",
                    accept.map { ["Accept": $0] } ?? [:]
                )
                #expect(answer.status == 200)
                #expect(answer.headers["Content-Type"] == sample.type)
                #expect(answer.text == sample.text)
            }
        }
    }

    @Test("a list that has the type serves it, in one header, among others and with parameters")
    func listed() async throws {
        try await TestRegistry.run { registry in
            for (tag, sample) in try await pushAll(to: registry) {
                for accept in [
                    sample.type, "text/plain, \(sample.type)", "\(sample.type);q=0.1,text/plain",
                    sample.type.uppercased(),
                ] {
                    let answer = try await registry.send("GET", "/v2/a/manifests/\(tag)", ["Accept": accept])
                    #expect(answer.headers["Content-Type"] == sample.type)
                }
            }
        }
    }

    @Test("a list that leaves an OCI type out does not find it, by tag and by digest")
    func excluded() async throws {
        try await TestRegistry.run { registry in
            let samples = try await pushAll(to: registry)
            for tag in ["oci-image", "oci-index"] {
                let sample = try #require(samples[tag])
                for reference in [tag, sample.digest] {
                    let accept = ["Accept": Self.dockerTypes.joined(separator: ", ")]
                    try expectRefusal(
                        try await registry.send("GET", "/v2/a/manifests/\(reference)", accept),
                        404,
                        "MANIFEST_UNKNOWN"
                    )
                    #expect(try await registry.send("HEAD", "/v2/a/manifests/\(reference)", accept).status == 404)
                }
            }
        }
    }

    @Test("several Accept headers count as one list")
    func severalHeaders() async throws {
        try await TestRegistry.run { registry in
            _ = try await pushAll(to: registry)
            let raw = try await registry.connect()
            try await raw.send(
                "GET /v2/a/manifests/oci-index HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nAccept: \(Sample.indexType)\r\n\r\n"
            )
            #expect(try await raw.readResponse().status == 200)
            await raw.close()
        }
    }

    @Test("a Docker image is served whatever is listed")
    func dockerImage() async throws {
        try await TestRegistry.run { registry in
            _ = try await pushAll(to: registry)
            let answer = try await registry.send("GET", "/v2/a/manifests/docker-image", ["Accept": "text/plain"])
            #expect(answer.headers["Content-Type"] == Sample.dockerImageType)
        }
    }

    @Test("a Docker list that is asked for by tag by a client that does not know lists is its linux/amd64 image")
    func dockerList() async throws {
        try await TestRegistry.run { registry in
            let samples = try await pushAll(to: registry)
            let accept = ["Accept": Sample.dockerImageType]
            let list = try #require(samples["docker-list"])
            let child = try #require(samples["docker-image"])
            let byTag = try await registry.send("GET", "/v2/a/manifests/docker-list", accept)
            #expect(byTag.text == child.text)
            #expect(byTag.headers["Docker-Content-Digest"] == child.digest)
            #expect(byTag.headers["ETag"] == "\"\(child.digest)\"")
            let byDigest = try await registry.send("GET", "/v2/a/manifests/\(list.digest)", accept)
            #expect(byDigest.text == list.text)
        }
    }

    @Test("a Docker list without a linux/amd64 image is not found by such a client")
    func dockerListWithoutImage() async throws {
        try await TestRegistry.run { registry in
            let child = try #require(try await pushAll(to: registry)["docker-image"])
            let list = Sample.index(
                [child.descriptor(#","platform":{"architecture":"arm64","os":"linux"}"#)],
                type: Sample.dockerListType
            )
            try await registry.pushManifest(list, to: "a", as: "arm")
            let answer = try await registry.send("GET", "/v2/a/manifests/arm", ["Accept": Sample.dockerImageType])
            try expectRefusal(answer, 404, "MANIFEST_UNKNOWN")
        }
    }

    /// One manifest of each type in the repository `a`, by its tag.
    private func pushAll(to registry: TestRegistry) async throws -> [String: Sample] {
        try await registry.pushBlob("config", to: "a")
        let image = Sample.image("oci")
        let docker = Sample.image(
            "docker",
            type: Sample.dockerImageType,
            configType: "application/vnd.docker.container.image.v1+json"
        )
        let platform = #","platform":{"architecture":"amd64","os":"linux"}"#
        let samples = [
            ("oci-image", image), ("oci-index", Sample.index([image.descriptor(platform)])), ("docker-image", docker),
            ("docker-list", Sample.index([docker.descriptor(platform)], type: Sample.dockerListType)),
        ]
        for (tag, sample) in samples { try await registry.pushManifest(sample, to: "a", as: tag) }
        return Dictionary(uniqueKeysWithValues: samples)
    }
}
