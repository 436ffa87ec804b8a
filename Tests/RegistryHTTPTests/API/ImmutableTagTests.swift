import RegistryCore
import RegistryTesting
import Testing

@Suite("Immutable tags over HTTP")
struct ImmutableTagTests {
    private static let message =
        "tag v1 of team/app is immutable by the rule 'releases' (registryd.policy.immutable); push another tag"

    private func setup() throws -> TestRegistry.Setup {
        var setup = TestRegistry.Setup()
        setup.registry.immutability = [
            ImmutabilityRule(
                name: "releases",
                repositories: [try #require(RepositoryPattern("team/**"))],
                tags: [try #require(TagPattern("v*"))],
                except: [try #require(TagPattern("*-rc*"))]
            )
        ]
        return setup
    }

    private func put(_ image: Sample, _ registry: TestRegistry, _ target: String) async throws -> TestResponse {
        try await registry.client.request(
            "PUT",
            "/v2/team/app/manifests/\(target)",
            headers: ["Content-Type": image.type],
            body: image.text
        )
    }

    private func message(_ answer: TestResponse) throws -> String? {
        try answer.json["errors"]?.array?.first?.object?["message"]?.string
    }

    @Test("a tag is made, and pushed again with the same image, and refused with another one by the name of the rule")
    func push() async throws {
        try await TestRegistry.run(try setup()) { registry in
            let first = try await registry.pushImage("first", to: "team/app", as: "v1")
            #expect(try await put(first, registry, "v1").status == 201)
            let second = Sample.image("second")
            for target in ["v1", "\(second.digest)?tag=v1", "\(second.digest)?tag=new&tag=v1", "new?tag=v1"] {
                let answer = try await put(second, registry, target)
                try expectRefusal(answer, 403, "DENIED")
                #expect(try message(answer) == Self.message)
                #expect(
                    try answer.json["errors"]?.array?.first?.object?["detail"]?.object?["Rule"]?.string == "releases"
                )
            }
            #expect(try await registry.send("GET", "/v2/team/app/manifests/v1").text == first.text)
            try expectRefusal(
                try await registry.send("GET", "/v2/team/app/manifests/\(second.digest)"),
                404,
                "MANIFEST_UNKNOWN"
            )
            try expectRefusal(try await registry.send("GET", "/v2/team/app/manifests/new"), 404, "MANIFEST_UNKNOWN")
        }
    }

    @Test("what no rule holds moves: other tags, exceptions, other repositories")
    func free() async throws {
        try await TestRegistry.run(try setup()) { registry in
            for (repository, tag) in [("team/app", "latest"), ("team/app", "v1-rc1"), ("other", "v1")] {
                try await registry.pushImage("first", to: repository, as: tag)
                let second = try await registry.pushImage("second", to: repository, as: tag)
                #expect(try await registry.send("GET", "/v2/\(repository)/manifests/\(tag)").text == second.text)
                #expect(try await registry.send("DELETE", "/v2/\(repository)/manifests/\(tag)").status == 202)
            }
        }
    }

    @Test("the same bytes by another algorithm are no other image")
    func otherAlgorithm() async throws {
        try await TestRegistry.run(try setup()) { registry in
            let image = try await registry.pushImage(to: "team/app", as: "v1")
            #expect(try await put(image, registry, "\(image.digest(.sha512))?tag=v1").status == 201)
            #expect(try await registry.send("GET", "/v2/team/app/manifests/v1").text == image.text)
        }
    }

    @Test("the tag, its image and what the image needs can't be deleted, and all that can be pulled afterwards")
    func deletion() async throws {
        try await TestRegistry.run(try setup()) { registry in
            let image = try await registry.pushImage(to: "team/app", as: "v1")
            let config = digest(of: "config")
            for target in ["manifests/v1", "manifests/\(image.digest)", "blobs/\(config)"] {
                let answer = try await registry.send("DELETE", "/v2/team/app/\(target)")
                try expectRefusal(answer, 403, "DENIED")
                #expect(try message(answer)?.contains("by the rule 'releases'") == true)
                #expect(try await registry.send("GET", "/v2/team/app/\(target)").status == 200)
            }
            #expect(try await registry.send("GET", "/v2/team/app/tags/list").texts("tags") == ["v1"])
            // What isn't there is unknown, as without a rule.
            for target in ["manifests/v2", "manifests/\(digest(of: "x"))"] {
                try expectRefusal(
                    try await registry.send("DELETE", "/v2/team/app/\(target)"),
                    404,
                    "MANIFEST_UNKNOWN"
                )
            }
        }
    }
}
