import NIOCore
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryTesting
import Testing

@Suite("Referrers")
struct ReferrerTests {
    @Test("a manifest with a subject is noted, and listed with its type and annotations")
    func list() async throws {
        try await TestRegistry.run { registry in
            let subject = try await registry.pushImage(to: "a")
            let referrer = Sample.image(
                "signature",
                more: subject.asSubject(#","artifactType":"application/x.signature""#)
            )
            let put = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/\(referrer.digest)",
                headers: ["Content-Type": referrer.type],
                body: referrer.text
            )
            #expect(put.status == 201)
            #expect(put.headers["OCI-Subject"] == subject.digest)
            let answer = try await registry.send("GET", "/v2/a/referrers/\(subject.digest)")
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == Sample.indexType)
            #expect(answer.headers["OCI-Filters-Applied"] == nil)
            #expect(try answer.json["schemaVersion"]?.integer == 2)
            #expect(try answer.json["mediaType"]?.string == Sample.indexType)
            let descriptor = try #require(try answer.json["manifests"]?.array?.first?.object)
            #expect(descriptor["mediaType"]?.string == referrer.type)
            #expect(descriptor["digest"]?.string == referrer.digest)
            #expect(descriptor["size"]?.integer == Int64(referrer.text.utf8.count))
            #expect(descriptor["artifactType"]?.string == "application/x.signature")
            #expect(descriptor["annotations"]?.object?["name"]?.string == "signature")
            let head = try await registry.send("HEAD", "/v2/a/referrers/\(subject.digest)")
            #expect(head.headers["Content-Length"] == "\(answer.body.count)")
        }
    }

    @Test("a manifest without a subject is answered without OCI-Subject")
    func withoutSubject() async throws {
        try await TestRegistry.run { registry in
            let image = try await registry.pushImage(to: "a")
            let put = try await registry.client.request(
                "PUT",
                "/v2/a/manifests/x",
                headers: ["Content-Type": image.type],
                body: image.text
            )
            #expect(put.headers["OCI-Subject"] == nil)
        }
    }

    @Test("a subject that nobody refers to, or that is not there, has an empty list, even in an unknown repository")
    func empty() async throws {
        try await TestRegistry.run { registry in
            for repository in ["a", "unknown"] {
                let answer = try await registry.send("GET", "/v2/\(repository)/referrers/\(digest(of: "x"))")
                #expect(answer.status == 200)
                #expect(try answer.json["manifests"]?.array == [])
            }
        }
    }

    @Test("a referrer may come before its subject, and by any digest of it")
    func subjectLater() async throws {
        try await TestRegistry.run { registry in
            try await registry.pushBlob("config", to: "a")
            let subject = Sample.image("an image")
            try await registry.pushManifest(Sample.image("signature", more: subject.asSubject()), to: "a")
            #expect(try await registry.referrers(of: subject.digest).count == 1)
            try await registry.pushManifest(subject, to: "a")
            #expect(try await registry.referrers(of: subject.digest).count == 1)
        }
    }

    @Test("the type of an image is its own or that of its configuration, and an index without one has none")
    func artifactTypes() async throws {
        try await TestRegistry.run { registry in
            let subject = try await registry.pushImage(to: "a")
            let samples: [(Sample, String?)] = [
                (.image("1", configType: "application/x.config", more: subject.asSubject()), "application/x.config"),
                (.image("2", more: subject.asSubject(#","artifactType":"application/x.own""#)), "application/x.own"),
                (.image("3", more: subject.asSubject(#","artifactType":"""#)), Sample.configType),
                (.index([], more: subject.asSubject()), nil),
                (.index([], more: subject.asSubject(#","artifactType":"application/x.index""#)), "application/x.index"),
            ]
            for (sample, _) in samples { try await registry.pushManifest(sample, to: "a") }
            let listed = try await registry.referrers(of: subject.digest)
            #expect(listed.count == samples.count)
            for (sample, type) in samples {
                let descriptor = try #require(listed.first { $0["digest"]?.string == sample.digest })
                #expect(descriptor["artifactType"]?.string == type)
            }
        }
    }

    @Test("a filter leaves only referrers of its type, and the answer says that it was applied")
    func filter() async throws {
        try await TestRegistry.run { registry in
            let subject = try await registry.pushImage(to: "a")
            try await push(6, on: registry, subject: subject, type: "application/x.a+json")
            try await push(3, on: registry, subject: subject, type: "application/x.b")
            for (type, count) in [("application/x.a%2Bjson", 6), ("application%2Fx.b", 3), ("application/x.c", 0)] {
                let answer = try await registry.send("GET", "/v2/a/referrers/\(subject.digest)?artifactType=\(type)")
                #expect(answer.status == 200)
                #expect(answer.headers["OCI-Filters-Applied"] == "artifactType")
                #expect(try answer.json["manifests"]?.array?.count == count)
            }
            #expect(try await registry.referrers(of: subject.digest, "?artifactType=").count == 9)
        }
    }

    @Test("pages of every size lead through all referrers, with a filter and without", arguments: 1...10)
    func pages(size: Int) async throws {
        try await TestRegistry.run { registry in
            let subject = try await registry.pushImage(to: "a")
            let some = try await push(6, on: registry, subject: subject, type: "application/x.a")
            let others = try await push(3, on: registry, subject: subject, type: "application/x.b")
            for (filter, expected) in [
                ("", some + others), ("&artifactType=application/x.a", some), ("&artifactType=application/x.b", others),
                ("&artifactType=application/x.c", []),
            ] {
                var walked: [String] = []
                var next: String? = "/v2/a/referrers/\(subject.digest)?n=\(size)\(filter)"
                while let page = next {
                    let answer = try await registry.send("GET", page)
                    let items = try #require(try answer.json["manifests"]?.array).compactMap {
                        $0.object?["digest"]?.string
                    }
                    #expect(items.count <= size)
                    #expect((answer.headers["OCI-Filters-Applied"] != nil) == !filter.isEmpty)
                    walked += items
                    next = try answer.nextPage
                }
                #expect(walked == expected.sorted(), "\(filter)")
            }
        }
    }

    @Test("a page ends at the operator's limit where the client does not say")
    func limit() async throws {
        var setup = TestRegistry.Setup()
        setup.responder.maximumReferrers = 4
        try await TestRegistry.run(setup) { registry in
            let subject = try await registry.pushImage(to: "a")
            let all = try await push(6, on: registry, subject: subject, type: "application/x.a").sorted()
            let answer = try await registry.send("GET", "/v2/a/referrers/\(subject.digest)")
            #expect(try answer.json["manifests"]?.array?.count == 4)
            let next = try #require(try answer.nextPage)
            let rest = try #require(try await registry.send("GET", next).json["manifests"]?.array)
            #expect(rest.compactMap { $0.object?["digest"]?.string } == Array(all.suffix(2)))
        }
    }

    @Test("what can't be a page is refused")
    func invalidPages() async throws {
        try await TestRegistry.run { registry in
            let path = "/v2/a/referrers/\(digest(of: "x"))"
            try expectRefusal(try await registry.send("GET", "\(path)?n=x"), 400, "PAGINATION_NUMBER_INVALID")
            try expectRefusal(try await registry.send("GET", "\(path)?last=x"), 400, "DIGEST_INVALID")
        }
    }

    @Test("a deleted referrer is no longer listed, and neither is one that another server deleted")
    func deleted() async throws {
        let driver = MemoryDriver()
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let subject = try await registry.pushImage(to: "a")
            let all = try await push(3, on: registry, subject: subject, type: "application/x.a")
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(all[0])").status == 202)
            let revisions = StoragePath.root.appending("docker/registry/v2/repositories/a/_manifests/revisions/sha256")
            try await driver.delete(at: revisions.appending("\(all[1].dropFirst(7))/link"))
            let listed = try await registry.referrers(of: subject.digest).compactMap { $0["digest"]?.string }
            #expect(listed == [all[2]])
            #expect(try await registry.send("DELETE", "/v2/a/manifests/\(subject.digest)").status == 202)
            #expect(try await registry.referrers(of: subject.digest).count == 1)
        }
    }

    @Test(
        "what another server knows by the fallback tag is merged in, once, as the manifests say and not as the tag's index does"
    )
    func fallbackTag() async throws {
        let driver = MemoryDriver()
        var setup = TestRegistry.Setup()
        setup.driver = driver
        try await TestRegistry.run(setup) { registry in
            let subject = try await registry.pushImage(to: "a")
            let all = try await push(5, on: registry, subject: subject, type: "application/x.a").sorted()
            // The other server kept no index.
            let index = StoragePath.root.appending("docker/registry/v2/repositories/a/_referrers")
            for digest in [all[0], all[2], all[4]] {
                try await driver.delete(
                    at: index.appending(
                        "sha256/\(subject.digest.dropFirst(7))/\(digest.replacing(":", with: "-"))"
                    )
                )
            }
            let unrelated = try await registry.pushImage("unrelated", to: "a")
            let entries = (all + [unrelated.digest]).map {
                #"{"mediaType":"\#(Sample.imageType)","digest":"\#($0)","size":1,"artifactType":"application/x.wrong"}"#
            }
            let tag = subject.digest.replacing(":", with: "-")
            try await registry.pushManifest(.index(entries), to: "a", as: tag)
            for size in [1, 2, 3, 100] {
                var walked: [JSONObject] = []
                var next: String? = "/v2/a/referrers/\(subject.digest)?n=\(size)"
                while let page = next {
                    let answer = try await registry.send("GET", page)
                    walked += try #require(try answer.json["manifests"]?.array).compactMap(\.object)
                    next = try answer.nextPage
                }
                #expect(walked.compactMap { $0["digest"]?.string } == all)
                #expect(walked.allSatisfy { $0["artifactType"]?.string == "application/x.a" })
            }
            #expect(try await registry.referrers(of: subject.digest, "?artifactType=application/x.a").count == 5)
        }
    }

    @Test("a fallback tag that is no index is ignored")
    func fallbackTagOfImage() async throws {
        try await TestRegistry.run { registry in
            let subject = try await registry.pushImage(to: "a")
            try await registry.pushManifest(subject, to: "a", as: subject.digest.replacing(":", with: "-"))
            #expect(try await registry.referrers(of: subject.digest).isEmpty)
        }
    }

    /// Pushes referrers to the repository `a`.
    ///
    /// - Returns: their digests.
    @discardableResult
    private func push(_ count: Int, on registry: TestRegistry, subject: Sample, type: String) async throws -> [String] {
        var digests: [String] = []
        for number in 0..<count {
            let sample = Sample.image("\(type) \(number)", more: subject.asSubject(#","artifactType":"\#(type)""#))
            digests.append(try await registry.pushManifest(sample, to: "a"))
        }
        return digests
    }
}

extension Sample {
    /// The member by which another manifest refers to this one.
    fileprivate func asSubject(_ more: String = "") -> String { #","subject":\#(descriptor())\#(more)"# }
}

extension TestRegistry {
    /// The descriptors of the referrers in the repository `a`.
    fileprivate func referrers(of subject: String, _ query: String = "") async throws -> [JSONObject] {
        let answer = try await send("GET", "/v2/a/referrers/\(subject)\(query)")
        try #require(answer.status == 200)
        return try #require(try answer.json["manifests"]?.array).compactMap(\.object)
    }
}
