import RegistryCore
import RegistryTesting
import Testing

@Suite("Manifests")
struct ManifestAPITests {
    @Test("a manifest is served as it was pushed, by tag and by digest")
    func pull() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a/b", as: "latest")
            for reference in ["latest", image.digest] {
                for method in ["GET", "HEAD"] {
                    let answer = try await registry.send(method, "/v2/a/b/manifests/\(reference)")
                    #expect(answer.status == 200)
                    #expect(answer.text == (method == "GET" ? image.text : ""))
                    #expect(answer.headers["Content-Type"] == image.type)
                    #expect(answer.headers["Content-Length"] == "\(image.text.utf8.count)")
                    #expect(answer.headers["Docker-Content-Digest"] == image.digest)
                    #expect(answer.headers["ETag"] == "\"\(image.digest)\"")
                    #expect(answer.headers["Docker-Distribution-API-Version"] == "registry/2.0")
                }
            }
        }
    }

    @Test(
        "what is not there is not found, for GET and HEAD and DELETE",
        arguments: ["latest", digest(of: "x"), "-tag", ".tag"]
    )
    func unknown(reference: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.pushImage(to: "a", as: "v1")
            for repository in ["a", "unknown"] {
                for method in ["GET", "DELETE"] {
                    let answer = try await registry.send(method, "/v2/\(repository)/manifests/\(reference)")
                    try expectRefusal(answer, 404, "MANIFEST_UNKNOWN")
                }
                #expect(try await registry.send("HEAD", "/v2/\(repository)/manifests/\(reference)").status == 404)
            }
        }
    }

    @Test("a manifest is not served by a repository that it was not pushed to")
    func otherRepository() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a")
            try expectRefusal(
                try await registry.send("GET", "/v2/b/manifests/\(image.digest)"),
                404,
                "MANIFEST_UNKNOWN"
            )
        }
    }

    @Test("a client that has the manifest is told so, by the tag's present content")
    func ifNoneMatch() async throws {
        try await TestRegistry.run { registry in
            let old = try await registry.pushImage("old", to: "a", as: "latest")
            let path = "/v2/a/manifests/latest"
            for tag in ["\"\(old.digest)\"", old.digest] {
                let answer = try await registry.send("GET", path, ["If-None-Match": tag])
                #expect(answer.status == 304)
                #expect(answer.body.isEmpty)
                #expect(answer.headers["Docker-Content-Digest"] == old.digest)
            }
            try await registry.pushImage("new", to: "a", as: "latest")
            #expect(try await registry.send("GET", path, ["If-None-Match": "\"\(old.digest)\""]).status == 200)
        }
    }

    @Test("a tag moves, and what it pointed to before stays by its digest")
    func moveTag() async throws {
        try await TestRegistry.run { registry in
            let old = try await registry.pushImage("old", to: "a", as: "latest")
            let new = try await registry.pushImage("new", to: "a", as: "latest")
            #expect(try await registry.send("GET", "/v2/a/manifests/latest").text == new.text)
            #expect(try await registry.send("GET", "/v2/a/manifests/\(old.digest)").text == old.text)
        }
    }

    @Test("a manifest pushed by a digest that is not its own is refused")
    func digestMismatch() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a")
            for other in [digest(of: "x"), digest(of: "x", .sha512)] {
                let answer = try await registry.client.request(
                    "PUT",
                    "/v2/a/manifests/\(other)",
                    headers: ["Content-Type": image.type],
                    body: image.text
                )
                try expectRefusal(answer, 400, "DIGEST_INVALID")
            }
        }
    }

    @Test("a manifest is pushed and served by another digest", arguments: [DigestAlgorithm.sha384, .sha512])
    func otherAlgorithms(algorithm: DigestAlgorithm) async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("config", to: "a")
            let image = Sample.image("other digest")
            let digest = image.digest(algorithm)
            let put = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/\(digest)?tag=one",
                headers: ["Content-Type": image.type],
                body: image.text
            )
            #expect(put.status == 201)
            #expect(put.headers["Docker-Content-Digest"] == digest)
            #expect(try put.locationTarget == "/v2/a/manifests/\(digest)")
            #expect(put.headers["OCI-Tag"] == "one")
            for (reference, expected) in [(digest, digest), ("one", digest), (image.digest, image.digest)] {
                let answer = try await registry.send("GET", "/v2/a/manifests/\(reference)")
                #expect(answer.status == 200)
                #expect(answer.text == image.text)
                #expect(answer.headers["Docker-Content-Digest"] == expected)
            }
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(image.digest)").status == 202)
            for reference in [digest, "one", image.digest] {
                #expect(try await registry.send("GET", "/v2/a/manifests/\(reference)").status == 404)
            }
        }
    }

    @Test("tags in the query are all set, and named in the answer")
    func tagsInQuery() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a")
            let tags = (0..<12).map { "t\($0)" }
            let query = tags.map { "tag=\($0)" }.joined(separator: "&")
            let put = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/\(image.digest)?\(query)",
                headers: ["Content-Type": image.type],
                body: image.text
            )
            #expect(put.status == 201)
            #expect(put.headers["OCI-Tag"] == tags.joined(separator: ", "))
            #expect(try await registry.send("GET", "/v2/a/tags/list").texts("tags") == tags.sorted())
        }
    }

    @Test(
        "a tag that breaks the grammar is refused in the path and in the query",
        arguments: ["-x", ".x", "a%20b", "a:b", String(repeating: "a", count: 129)]
    )
    func invalidTags(tag: String) async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a")
            let headers = ["Content-Type": image.type]
            let path = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/\(tag)",
                headers: headers,
                body: image.text
            )
            #expect(path.status == 400)
            #expect(try ["TAG_INVALID", "DIGEST_INVALID"].contains(path.errorCodes.first))
            let query = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/\(image.digest)?tag=\(tag)",
                headers: headers,
                body: image.text
            )
            try expectRefusal(query, 400, "TAG_INVALID")
            #expect(try await registry.send("GET", "/v2/a/manifests/v1").status == 404)
        }
    }

    @Test("a manifest that refers to what the repository does not have is refused, with one error for each")
    func missingReferences() async throws {
        try await TestRegistry.run { registry in
            // In another repository it is of no use.
            try await registry.pushBlob("config", to: "other")
            let image = Sample.image("an image")
            let answer = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/latest",
                headers: ["Content-Type": image.type],
                body: image.text
            )
            try expectRefusal(answer, 400, "MANIFEST_BLOB_UNKNOWN")
            let children = [Sample.image("one").descriptor(), Sample.image("two").descriptor()]
            let index = Sample.index(children)
            let second = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/latest",
                headers: ["Content-Type": index.type],
                body: index.text
            )
            #expect(second.status == 400)
            #expect(try second.errorCodes == ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"])
            #expect(try await registry.send("GET", "/v2/a/tags/list").status == 404)
        }
    }

    /// A type and content that are no manifest of that type.
    static let invalid: [(type: String, text: String)] = [
        (Sample.imageType, ""), (Sample.imageType, "{"), (Sample.imageType, "[]"), (Sample.imageType, "null"),
        (Sample.imageType, "{}"), (Sample.imageType, #"{"schemaVersion":1}"#),
        (Sample.imageType, Sample.image("x", type: Sample.dockerImageType).text),
        (Sample.indexType, Sample.image("x").text), (Sample.imageType, Sample.index([]).text),
        ("application/json", Sample.image("x").text), ("text/plain", Sample.image("x").text),
        ("x", Sample.image("x").text),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", #"{"schemaVersion":1,"fsLayers":[]}"#),
    ]

    @Test("content that is no manifest of its type is refused", arguments: invalid)
    func invalidManifests(type: String, text: String) async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("config", to: "a")
            let answer = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/latest",
                headers: ["Content-Type": type],
                body: text
            )
            try expectRefusal(answer, 400, "MANIFEST_INVALID")
            #expect(try await registry.send("GET", "/v2/a/manifests/latest").status == 404)
        }
    }

    @Test("parameters of the type are ignored")
    func typeParameters() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("config", to: "a")
            let image = Sample.image("an image")
            let put = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/latest",
                headers: ["Content-Type": "\(image.type); charset=utf-8"],
                body: image.text
            )
            #expect(put.status == 201)
            #expect(try await registry.send("GET", "/v2/a/manifests/latest").headers["Content-Type"] == image.type)
        }
    }

    @Test("a manifest of 4 MiB is taken, and one that is longer is answered 413 whether its length is announced or not")
    func size() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("config", to: "a")
            let limit = 4 << 20
            var image = Sample.image("an image")
            image.text += String(repeating: " ", count: limit - image.text.utf8.count)
            try await registry.pushManifest(image, to: "a", as: "largest")
            #expect(try await registry.send("GET", "/v2/a/manifests/largest").text == image.text)
            let bytes = Array((image.text + " ").utf8)
            for body in [HTTPTestClient.Body.bytes(bytes), .chunks([bytes])] {
                let answer = try await registry.client.request(
                    "PUT",
                    "/v2/a/manifests/latest",
                    headers: ["Content-Type": image.type],
                    body: body
                )
                try expectRefusal(answer, 413, "MANIFEST_INVALID")
            }
        }
    }

    @Test("a layer with a URL is refused unless the registry allows it")
    func urls() async throws {
        let layer =
            #"{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip","digest":"\#(digest(of: "x"))","#
            + #""size":1,"urls":["https://layers.example/x"]}"#
        var image = Sample.image("an image")
        image.text = image.text.replacing(#""layers":[]"#, with: #""layers":[\#(layer)]"#)
        var setup = TestRegistry.Setup()
        for isAllowed in [false, true] {
            if isAllowed { setup.registry.validation.urls = .allowAll }
            try await TestRegistry.run(setup) { [image] registry in
                try await registry.pushBlob("config", to: "a")
                let answer = try await registry.client.request(
                    "PUT",
                    "/v2/a/manifests/latest",
                    headers: ["Content-Type": image.type],
                    body: image.text
                )
                if isAllowed {
                    #expect(answer.status == 201)
                } else {
                    try expectRefusal(answer, 400, "MANIFEST_INVALID")
                }
            }
        }
    }
}
