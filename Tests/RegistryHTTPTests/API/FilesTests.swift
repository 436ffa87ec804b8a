import NIOPosix
import RegistryCore
import RegistryStorage
import RegistryTesting
import Testing

@Suite("The API on files")
struct FilesTests {
    @Test("what is pushed is pulled, listed and deleted, and a new server on the same files knows all of it")
    func wholeLife() async throws {
        try await withTemporaryFolder { folder in
            var setup = TestRegistry.Setup()
            setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
            let (image, referrer) = try await TestRegistry.run(setup) { registry in
                let image = try await registry.pushImage(to: "a/b", as: "latest")
                let referrer = Sample.image("signature", more: #","subject":\#(image.descriptor())"#)
                try await registry.pushManifest(referrer, to: "a/b")
                try await registry.pushImage(to: "a-b", as: "v1")
                let mount = "/v2/a/blobs/uploads/?mount=\(digest(of: "config"))&from=a-b"
                #expect(try await registry.send("POST", mount).status == 201)
                return (image, referrer)
            }
            setup.driver = FilesystemDriver(root: folder, threadPool: .singleton)
            try await TestRegistry.run(setup) { registry in
                let pulled = try await registry.send("GET", "/v2/a/b/manifests/latest")
                #expect(pulled.text == image.text)
                #expect(try await registry.send("GET", "/v2/_catalog").texts("repositories") == ["a-b", "a/b"])
                #expect(try await registry.send("GET", "/v2/_catalog?last=a-b").texts("repositories") == ["a/b"])
                let referrers = try await registry.send("GET", "/v2/a/b/referrers/\(image.digest)")
                #expect(referrers.text.contains(referrer.digest))
                #expect(try await registry.send("DELETE", "/v2/a/b/manifests/\(referrer.digest)").status == 202)
                let none = try await registry.send("GET", "/v2/a/b/referrers/\(image.digest)")
                #expect(try none.json["manifests"]?.array == [])
                #expect(try await registry.send("DELETE", "/v2/a/b/manifests/latest").status == 202)
                #expect(try await registry.send("GET", "/v2/a/b/tags/list").texts("tags") == [])
                #expect(try await registry.send("GET", "/v2/a/b/manifests/\(image.digest)").status == 200)
                #expect(try await registry.send("DELETE", "/v2/a/blobs/\(digest(of: "config"))").status == 202)
                #expect(try await registry.send("GET", "/v2/a/blobs/\(digest(of: "config"))").status == 404)
                #expect(try await registry.send("GET", "/v2/a-b/blobs/\(digest(of: "config"))").text == "config")
            }
        }
    }
}
