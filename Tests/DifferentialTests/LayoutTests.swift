import Foundation
import ShellSupport
import Testing

extension Differential {
    /// One folder, served in turn or at once by both.
    @Suite("layout", .serialized)
    struct Layout {
        private typealias Server = RegistryProcess.Server

        @Test("what ours writes, the peer serves and its collector keeps, and what is deleted it collects")
        func oursThenPeer() async throws {
            let scratch = try ScratchFolder(name: "layout")
            defer { scratch.remove() }
            let root = try scratch.makeFolder("root")
            let gone = ImageLayout.image("gone", layerSizes: [5_000])
            try await RegistryProcess.with(root: root) { ours in
                try await Fixture.push(to: ours)
                try await expectFixture(ours)
                try await ours.reader.push(gone, to: "app", tag: "gone")
                let request = WireRequest("DELETE", "/v2/app/manifests/\(gone.digest)")
                #expect(try await ours.wire.send(request).status == 202)
            }
            try await RegistryProcess.with(.peer, root: root) { try await expectFixture($0) }

            let collected = try await collect(root, scratch)
            let dead = Set((gone.blobs + [gone.manifest, Fixture.unreferenced]).map { contentDigest($0) })
            #expect(collected == dead)
            for server in [Server.peer, Server.underTest] {
                try await RegistryProcess.with(server, root: root) { registry in
                    try await expectFixture(registry)
                    for digest in dead {
                        let request = WireRequest("GET", "/v2/app/blobs/\(digest)")
                        #expect(try await registry.wire.send(request).status == 404)
                    }
                }
            }
        }

        @Test("what the peer writes, ours serves, and can delete and push again")
        func peerThenOurs() async throws {
            let scratch = try ScratchFolder(name: "layout")
            defer { scratch.remove() }
            let root = try scratch.makeFolder("root")
            try await Fixture.makeTree(in: root)
            try await RegistryProcess.with(root: root) { ours in
                try await expectFixture(ours)
                let request = WireRequest("DELETE", "/v2/app/manifests/\(Fixture.artifact.digest)")
                #expect(try await ours.wire.send(request).status == 202)
            }
            let artifact = Fixture.artifact
            let dead = Set((artifact.blobs + [artifact.manifest, Fixture.unreferenced]).map { contentDigest($0) })
            #expect(try await collect(root, scratch) == dead)
            try await RegistryProcess.with(root: root) { ours in
                try await ours.reader.push(Fixture.artifact, to: "app", tag: "artifact")
                try await expectFixture(ours)
            }
        }

        @Test(
            "an upload begun on one is finished on the other, with the same secret, on a shared folder",
            arguments: [(from: Server.underTest, to: Server.peer), (from: Server.peer, to: Server.underTest)]
        )
        private func handOver(servers: (from: Server, to: Server)) async throws {
            let scratch = try ScratchFolder(name: "layout")
            defer { scratch.remove() }
            let root = try scratch.makeFolder("root")
            let content = ImageLayout.noise(seed: "hand-over", count: 900_001)
            try await RegistryProcess.with(servers.from, root: root) { first in
                try await RegistryProcess.with(servers.to, root: root) { second in
                    // Both at once, changing with each request; the first cut falls within a block of the hash.
                    var location = try await begin(on: first)
                    location = try await append(Array(content[..<300_003]), at: location, on: first)
                    try expectHashState(root, offset: 300_003)
                    location = try await append(Array(content[300_003..<600_002]), at: location, on: second)
                    location = try await append(Array(content[600_002..<750_000]), at: location, on: first)
                    try await finish(content, last: Array(content[750_000...]), at: location, on: second)
                    for registry in [first, second] { try await expectBlob(content, on: registry) }
                }
            }
        }

        @Test(
            "an upload begun before a restart goes on after it, with the other program",
            arguments: [
                (from: Server.underTest, to: Server.peer), (from: Server.peer, to: Server.underTest),
                (from: Server.underTest, to: Server.underTest),
            ]
        )
        private func restart(servers: (from: Server, to: Server)) async throws {
            let scratch = try ScratchFolder(name: "layout")
            defer { scratch.remove() }
            let root = try scratch.makeFolder("root")
            let content = ImageLayout.noise(seed: "restart", count: 70_001)
            var location = ""
            try await RegistryProcess.with(servers.from, root: root) { first in
                location = try await begin(on: first)
                location = try await append(Array(content[..<33_333]), at: location, on: first)
            }
            try await RegistryProcess.with(servers.to, root: root) { second in
                let status = try await second.wire.send(WireRequest("GET", location))
                #expect(status.status == 204 && status["Range"] == "0-33332")
                try await finish(content, last: Array(content[33_333...]), at: location, on: second)
                try await expectBlob(content, on: second)
            }
        }

        @Test("both programs at once on one folder see each other's pushes and deletes at once")
        func sideBySide() async throws {
            let scratch = try ScratchFolder(name: "layout")
            defer { scratch.remove() }
            let root = try scratch.makeFolder("root")
            try await RegistryProcess.with(.peer, root: root) { peer in
                try await RegistryProcess.with(root: root) { ours in
                    try await peer.reader.push(Fixture.index, to: "shared", tag: "theirs")
                    try await ours.reader.push(Fixture.image, to: "shared", tag: "ours")
                    for registry in [peer, ours] {
                        #expect(try await registry.reader.verify("shared", "theirs") == Fixture.index.count)
                        #expect(try await registry.reader.verify("shared", "ours") == Fixture.image.count)
                    }
                    let delete = WireRequest("DELETE", "/v2/shared/manifests/\(Fixture.index.digest)")
                    #expect(try await ours.wire.send(delete).status == 202)
                    for registry in [peer, ours] {
                        let get = WireRequest("GET", "/v2/shared/manifests/theirs", headers: [Exchange.accept("*/*")])
                        #expect(try await registry.wire.send(get).status == 404)
                        #expect(try await registry.reader.verify("shared", "ours") == Fixture.image.count)
                    }
                }
            }
        }
    }
}

extension Differential.Layout {
    /// Pulls all that the fixture pushed, and checks every digest.
    private func expectFixture(_ registry: RegistryProcess) async throws {
        for (tag, image) in [
            ("latest", Fixture.image), ("other", Fixture.other), ("index", Fixture.index), ("schema2", Fixture.schema2),
            ("list", Fixture.list), ("artifact", Fixture.artifact),
        ] {
            #expect(try await registry.reader.digest("app", tag) == image.digest)
            #expect(try await registry.reader.verify("app", tag) == image.count)
        }
        for tag in Fixture.tags { try await registry.reader.verify("many", tag) }
        let catalog = try await registry.wire.send(WireRequest("GET", "/v2/_catalog"))
        struct Catalog: Decodable { var repositories: [String] }
        let listed = try JSONDecoder().decode(Catalog.self, from: Data(catalog.body)).repositories
        #expect(Set(listed) == Set(Fixture.repositories))
    }

    /// Runs the peer's collector on a folder.
    ///
    /// - Returns: The digests of the blobs that it removed.
    private func collect(_ root: URL, _ scratch: ScratchFolder) async throws -> Set<String> {
        let file = scratch.path("collect.yml")
        let text = "version: 0.1\nstorage: {filesystem: {rootdirectory: \(root.path(percentEncoded: false))}}\n"
        try Data(text.utf8).write(to: file)
        let before = try blobs(in: root)
        try await Command("docker-registry", ["garbage-collect", file.path(percentEncoded: false)]).run()
        return before.subtracting(try blobs(in: root))
    }

    private func blobs(in root: URL) throws -> Set<String> {
        let folder = root.appending(path: "docker/registry/v2/blobs/sha256")
        let prefixes = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let names = try prefixes.flatMap { try FileManager.default.contentsOfDirectory(atPath: $0.path()) }
        return Set(names.map { "sha256:\($0)" })
    }

    private func begin(on registry: RegistryProcess) async throws -> String {
        let response = try await registry.wire.send(WireRequest("POST", "/v2/up/blobs/uploads/", body: []))
        #expect(response.status == 202)
        return RegistryReader.target(of: try #require(response["Location"]))
    }

    private func append(_ chunk: [UInt8], at location: String, on registry: RegistryProcess) async throws -> String {
        let headers = [(name: "Content-Type", value: "application/octet-stream")]
        let response = try await registry.wire.send(WireRequest("PATCH", location, headers: headers, body: chunk))
        #expect(response.status == 202, "\(registry.server): \(response.text)")
        return RegistryReader.target(of: try #require(response["Location"]))
    }

    private func finish(
        _ content: [UInt8],
        last chunk: [UInt8],
        at location: String,
        on registry: RegistryProcess
    ) async throws {
        let separator = location.contains("?") ? "&" : "?"
        let target = "\(location)\(separator)digest=\(contentDigest(content))"
        let headers = [(name: "Content-Type", value: "application/octet-stream")]
        let response = try await registry.wire.send(WireRequest("PUT", target, headers: headers, body: chunk))
        #expect(response.status == 201, "\(registry.server): \(response.text)")
    }

    private func expectBlob(_ content: [UInt8], on registry: RegistryProcess) async throws {
        let response = try await registry.wire.send(WireRequest("GET", "/v2/up/blobs/\(contentDigest(content))"))
        #expect(response.status == 200 && response.body == content)
    }

    /// The state of the hash is on disk where the other program looks for it: Go's own form, 108 bytes.
    private func expectHashState(_ root: URL, offset: Int) throws {
        let uploads = root.appending(path: "docker/registry/v2/repositories/up/_uploads")
        let upload = try #require(try FileManager.default.contentsOfDirectory(atPath: uploads.path()).first)
        let state = try Data(contentsOf: uploads.appending(path: "\(upload)/hashstates/sha256/\(offset)"))
        #expect(state.count == 108 && state.starts(with: Array("sha\u{3}".utf8)))
    }
}
