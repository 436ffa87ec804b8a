import NIOCore
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("OCI distribution specification: content discovery")
struct DiscoveryTests {
    @Test("end-8a: tags are 200 in the order of their bytes")
    func tags() async throws {
        try await withTags { registry in
            let answer = try await registry.send("GET", "/v2/a/tags/list")
            #expect(answer.status == 200)
            #expect(try answer.json["name"]?.string == "a")
            #expect(try answer.tags == ["A", "B", "a", "b", "c"])
        }
    }

    @Test("end-8a: a repository whose manifests have no tags is 200 with an empty list, and one that is not there 404")
    func noTags() async throws {
        try await TestRegistry.run { registry in
            try await registry.push(manifest: image("a"), to: "a")
            let answer = try await registry.send("GET", "/v2/a/tags/list")
            #expect(answer.status == 200)
            #expect(try answer.tags.isEmpty)
            let unknown = try await registry.send("GET", "/v2/b/tags/list")
            #expect(unknown.status == 404)
            #expect(try unknown.code == "NAME_UNKNOWN")
        }
    }

    @Test("end-8b: n gives that many tags and the next page, and fewer only at the end")
    func limit() async throws {
        try await withTags { registry in
            let first = try await registry.send("GET", "/v2/a/tags/list?n=3")
            #expect(try first.tags == ["A", "B", "a"])
            let link = try #require(first.headers["Link"])
            #expect(link.hasSuffix(#">; rel="next""#))
            let next = String(link.dropFirst().prefix { $0 != ">" })
            let second = try await registry.send("GET", next)
            #expect(try second.tags == ["b", "c"])
            #expect(second.headers["Link"] == nil)
        }
    }

    @Test("end-8b: n=0 gives an empty list without a next page")
    func zero() async throws {
        try await withTags { registry in
            let answer = try await registry.send("GET", "/v2/a/tags/list?n=0")
            #expect(answer.status == 200)
            #expect(try answer.tags.isEmpty)
            #expect(answer.headers["Link"] == nil)
        }
    }

    @Test("end-8b: last gives the tags after it, without it, whether it is there or not")
    func last() async throws {
        try await withTags { registry in
            let page = try await registry.send("GET", "/v2/a/tags/list?n=2&last=B")
            #expect(try page.tags == ["a", "b"])
            #expect(try await registry.send("GET", "/v2/a/tags/list?last=aa").tags == ["b", "c"])
            #expect(try await registry.send("GET", "/v2/a/tags/list?last=z").tags.isEmpty)
        }
    }

    @Test(
        "end-12a: referrers are 200 with an index whose descriptors have type, size, digest, artifactType and annotations"
    )
    func referrers() async throws {
        try await TestRegistry.run { registry in
            let subject = image("subject")
            let referrer = image("referrer", artifactType: "application/x.sbom", subject: subject)
            try await registry.push(manifest: subject, to: "a")
            try await registry.push(manifest: referrer, to: "a")
            let answer = try await registry.send("GET", "/v2/a/referrers/\(digest(of: subject))")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == TestRegistry.indexType)
            #expect(answer.headers["OCI-Filters-Applied"] == nil)
            #expect(try answer.json["schemaVersion"]?.integer == 2)
            #expect(try answer.json["mediaType"]?.string == TestRegistry.indexType)
            let descriptors = try answer.descriptors
            try #require(descriptors.count == 1)
            #expect(descriptors[0]["mediaType"]?.string == TestRegistry.imageType)
            #expect(descriptors[0]["digest"]?.string == digest(of: referrer))
            #expect(descriptors[0]["size"]?.integer == Int64(referrer.utf8.count))
            #expect(descriptors[0]["artifactType"]?.string == "application/x.sbom")
            #expect(descriptors[0]["annotations"]?.object?["org.example.name"]?.string == "referrer")
        }
    }

    @Test("end-12a: an image without an artifactType has its configuration's type, an index without one has none")
    func artifactTypes() async throws {
        try await TestRegistry.run { registry in
            let subject = image("subject")
            try await registry.push(manifest: image("referrer", subject: subject), to: "a")
            try await registry.push(manifest: index(subject: subject), type: TestRegistry.indexType, to: "a")
            let descriptors = try await registry.send("GET", "/v2/a/referrers/\(digest(of: subject))").descriptors
            #expect(descriptors.count == 2)
            for descriptor in descriptors {
                let isIndex = descriptor["mediaType"]?.string == TestRegistry.indexType
                #expect(descriptor["artifactType"]?.string == (isIndex ? nil : TestRegistry.configType))
            }
        }
    }

    @Test("end-12a: without referrers the list is 200 and empty, and a digest that is none is 400")
    func emptyAndInvalid() async throws {
        try await TestRegistry.run { registry in
            let answer = try await registry.send("GET", "/v2/a/referrers/\(digest(of: "x"))")
            #expect(answer.status == 200)
            #expect(try answer.json["manifests"]?.array == [])
            #expect(try await registry.send("GET", "/v2/a/referrers/sha256:x").status == 400)
            #expect(try await registry.send("GET", "/v2/a/referrers/latest").status == 400)
        }
    }

    @Test("end-12a: a list of several pages links to the next one")
    func pages() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.maximumReferrers = 2
        try await TestRegistry.run(setup) { registry in
            let subject = image("subject")
            let referrers = (0..<5).map { image("referrer \($0)", subject: subject) }
            for referrer in referrers { try await registry.push(manifest: referrer, to: "a") }
            var found: [String] = []
            var next: String? = "/v2/a/referrers/\(digest(of: subject))"
            while let page = next {
                let answer = try await registry.send("GET", page)
                found += try answer.descriptors.compactMap { $0["digest"]?.string }
                if let link = answer.headers["Link"] { #expect(link.hasSuffix(#">; rel="next""#)) }
                next = answer.headers["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(found == referrers.map { digest(of: $0) }.sorted())
        }
    }

    @Test("end-12a: manifests that the fallback tag's index lists are among the referrers")
    func fallbackTag() async throws {
        let driver = MemoryDriver()
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let subject = image("subject")
            let referrer = image("referrer", artifactType: "application/x.sbom", subject: subject)
            try await registry.push(manifest: referrer, to: "a")
            // As if it had been pushed to a server without this list.
            try await driver.deleteTree(at: .root.appending("docker/registry/v2/repositories/a/_referrers"))
            let list = index().replacing("[]", with: "[\(descriptor(of: referrer))]")
            let tag = digest(of: subject).replacing(":", with: "-")
            try await registry.push(manifest: list, type: TestRegistry.indexType, to: "a", tag: tag)
            let descriptors = try await registry.send("GET", "/v2/a/referrers/\(digest(of: subject))").descriptors
            #expect(descriptors.compactMap { $0["digest"]?.string } == [digest(of: referrer)])
            #expect(descriptors.first?["artifactType"]?.string == "application/x.sbom")
        }
    }

    @Test("end-12b: a filter by artifactType is applied and named")
    func filter() async throws {
        try await TestRegistry.run { registry in
            let subject = image("subject")
            for type in ["application/x.a", "application/x.b"] {
                try await registry.push(manifest: image(type, artifactType: type, subject: subject), to: "a")
            }
            for (type, count) in [("application/x.a", 1), ("application/x.c", 0)] {
                let answer = try await registry.send(
                    "GET",
                    "/v2/a/referrers/\(digest(of: subject))?artifactType=\(type)"
                )
                #expect(answer.status == 200)
                #expect(answer.headers["OCI-Filters-Applied"] == "artifactType")
                let types = try answer.descriptors.compactMap { $0["artifactType"]?.string }
                #expect(types == Array(repeating: type, count: count))
            }
        }
    }

    /// Runs a body on a registry whose repository `a` has five tags, pushed in another order than theirs.
    private func withTags(_ body: (TestRegistry) async throws -> Void) async throws {
        try await TestRegistry.run { registry in
            for tag in ["b", "A", "c", "a", "B"] { try await registry.push(manifest: image(tag), to: "a", tag: tag) }
            try await body(registry)
        }
    }
}
