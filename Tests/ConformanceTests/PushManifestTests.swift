import RegistryCore
import RegistryTesting
import Testing

@Suite("OCI distribution specification: push of manifests")
struct PushManifestTests {
    private static let headers = ["Content-Type": TestRegistry.imageType]

    @Test("end-7a: a manifest is pushed by tag and by digest: 201, its location and digest")
    func push() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            try await registry.push(blob: "{}", to: "a")
            for reference in ["latest", digest(of: manifest)] {
                let answer = try await registry.send(
                    "PUT",
                    "/v2/a/manifests/\(reference)",
                    Self.headers,
                    body: manifest
                )
                #expect(answer.status == 201)
                #expect(answer.headers["Docker-Content-Digest"] == digest(of: manifest))
                #expect(try await registry.send("GET", answer.location).text == manifest)
            }
        }
    }

    @Test("end-7a: parameters of the type are ignored")
    func typeParameters() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.push(
                manifest: image("a"),
                type: "\(TestRegistry.imageType); charset=utf-8",
                to: "a",
                tag: "t"
            )
            #expect(answer.headers["Docker-Content-Digest"] == digest(of: image("a")))
        }
    }

    @Test("end-7a: a manifest that refers to blobs or manifests that are missing is refused with MANIFEST_BLOB_UNKNOWN")
    func missingReferences() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("PUT", "/v2/a/manifests/t", Self.headers, body: image("a"))
            #expect(answer.status == 400)
            #expect(try answer.code == "MANIFEST_BLOB_UNKNOWN")
            let index = index().replacing("[]", with: "[\(descriptor(of: image("b")))]")
            let second = try await registry.send(
                "PUT",
                "/v2/a/manifests/t",
                ["Content-Type": TestRegistry.indexType],
                body: index
            )
            #expect(try second.code == "MANIFEST_BLOB_UNKNOWN")
        }
    }

    @Test(
        "end-7a: a digest that is not the manifest's, or is invalid, is 400",
        arguments: [digest(of: "x"), "sha256:x"]
    )
    func wrongDigest(text: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.push(blob: "{}", to: "a")
            let answer = try await registry.send("PUT", "/v2/a/manifests/\(text)", Self.headers, body: image("a"))
            #expect(answer.status == 400)
            #expect(try answer.code == "DIGEST_INVALID")
        }
    }

    @Test("end-7a: content that is no manifest is refused with MANIFEST_INVALID", arguments: ["", "{", "[]", "{}"])
    func invalid(text: String) async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("PUT", "/v2/a/manifests/t", Self.headers, body: text)
            #expect(answer.status == 400)
            #expect(try answer.code == "MANIFEST_INVALID")
        }
    }

    @Test("end-7a: a manifest of 4 MiB is taken, and a longer one is 413")
    func size() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            let largest = manifest + String(repeating: " ", count: 4 << 20 - manifest.utf8.count)
            try await registry.push(manifest: largest, to: "a", tag: "t")
            #expect(
                try await registry.send("PUT", "/v2/a/manifests/t", Self.headers, body: largest + " ").status == 413
            )
        }
    }

    @Test("end-7a: a manifest whose subject is not there is taken, with OCI-Subject")
    func subject() async throws {
        try await TestRegistry.run { registry in
            let subject = image("subject")
            let answer = try await registry.push(manifest: image("referrer", subject: subject), to: "a")
            #expect(answer.headers["OCI-Subject"] == digest(of: subject))
            let ofIndex = try await registry.push(
                manifest: index(subject: subject),
                type: TestRegistry.indexType,
                to: "a"
            )
            #expect(ofIndex.headers["OCI-Subject"] == digest(of: subject))
            #expect(try await registry.push(manifest: subject, to: "a").headers["OCI-Subject"] == nil)
        }
    }

    @Test(
        "end-7a: a manifest is pushed by a digest of another algorithm",
        arguments: [DigestAlgorithm.sha512, .sha384]
    )
    func otherAlgorithm(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            let digest = digest(of: manifest, algorithm)
            try await registry.push(blob: "{}", to: "a")
            let answer = try await registry.send("PUT", "/v2/a/manifests/\(digest)", Self.headers, body: manifest)
            #expect(answer.status == 201)
            #expect(answer.headers["Docker-Content-Digest"] == digest)
            let pulled = try await registry.send("GET", answer.location)
            #expect(pulled.text == manifest)
            #expect(pulled.headers["Docker-Content-Digest"] == digest)
        }
    }

    @Test("end-7b: ten and more tags are set with one request, and each is named in OCI-Tag")
    func tags() async throws {
        try await TestRegistry.run { registry in
            let manifest = image("a")
            let tags = (10..<30).map { "t\($0)" }
            try await registry.push(blob: "{}", to: "a")
            let query = tags.map { "tag=\($0)" }.joined(separator: "&")
            let answer = try await registry.send(
                "PUT",
                "/v2/a/manifests/\(digest(of: manifest))?\(query)",
                Self.headers,
                body: manifest
            )
            #expect(answer.status == 201)
            #expect(answer.headers.values("OCI-Tag").flatMap { $0.split(separator: ", ").map(String.init) } == tags)
            #expect(try await registry.send("GET", "/v2/a/tags/list").tags == tags)
        }
    }
}
