import Foundation
import ShellSupport
import Testing

@Suite("What an operator does with verbs")
struct AdministrationTests {
    /// A store with a socket of administration.
    private func withStore(_ body: (OperatedStore) async throws -> Void) async throws {
        let store = try OperatedStore(named: "admin")
        defer { store.scratch.remove() }
        try store.configure("registryd: {administration: {socket: \(store.socket)}}")
        try await body(store)
    }

    static let image = ImageLayout.image("kept", layerSizes: [70_000])
    static let other = ImageLayout.image("gone", layerSizes: [50_000])

    @Test("a store that is served keeps what it told of; one that nobody serves loses what nothing refers to at once")
    func collection() async throws {
        try await withStore { store in
            let reader = store.reader
            try await store.serving { _ in
                _ = try await reader.push(Self.image, to: "a", tag: "1")
                _ = try await reader.push(Self.other, to: "a", tag: "1")
                let run = try await store.verb("garbage-collect", "--delete-untagged")
                #expect(run.status == 0)
                #expect(run.output.contains("a: marking manifest \(Self.other.digest) "))
                #expect(run.output.contains("0 blobs and 0 manifests eligible for deletion"))
                #expect(try await store.status("GET", "/v2/a/manifests/\(Self.image.digest)") == 200)
            }
            let dry = try await store.verb("garbage-collect", "--dry-run", "-m")
            #expect(dry.output.contains("manifest eligible for deletion: {a \(Self.image.digest) []}"))
            #expect(dry.output.contains("1 manifests eligible for deletion"))
            #expect(dry.errorOutput.contains("3 blobs would be removed"))
            let run = try await store.verb("garbage-collect", "-m", "--quiet")
            #expect(run.status == 0 && run.output.isEmpty)
            try await store.serving { _ in
                let gone = try await store.status("GET", "/v2/a/manifests/\(Self.image.digest)")
                let count = try await reader.verify("a", "1")
                #expect(gone == 404 && count == Self.other.count)
            }
            #expect(!FileManager.default.fileExists(atPath: store.socket))
        }
    }

    @Test("a collection by the server tells all that it does, however much", .enabled(if: SlowTests.enabled))
    func manyLines() async throws {
        let many = ImageLayout.image("many", layerSizes: Array(repeating: 16, count: 600))
        try await withStore { store in
            try await store.serving { _ in
                _ = try await store.reader.push(many, to: "a", tag: "1")
                let run = try await store.verb("garbage-collect")
                #expect(run.status == 0)
                for blob in many.blobs { #expect(run.output.contains(contentDigest(blob))) }
            }
        }
    }

    @Test("where a server runs without a socket, the verb sees its note in the store and leaves the grace period")
    func presence() async throws {
        let registry = try await RegistryProcess.start(.registryd)
        defer { registry.send(signal: SIGKILL) }
        _ = try await registry.reader.push(Self.image, to: "a", tag: "1")
        _ = try await registry.reader.push(Self.other, to: "a", tag: "1")
        let run = try await Command(
            RegistryProcess.programPath(.registryd),
            ["garbage-collect", "-m"],
            environment: ["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": registry.root.path(percentEncoded: false)]
        ).run()
        #expect(run.errorOutput.contains("serves this store"))
        let kept = try await registry.wire.send(WireRequest("GET", "/v2/a/manifests/\(Self.image.digest)"))
        #expect(kept.status == 200)
    }

    @Test("a repository is deleted and restored, while it is served and while it isn't")
    func repositories() async throws {
        try await withStore { store in
            let reader = store.reader
            try await store.serving { _ in
                _ = try await reader.push(Self.image, to: "team/a", tag: "1")
                let deleted = try await store.verb("repository", "delete", "team/a")
                #expect(deleted.status == 0)
                #expect(try await store.status("GET", "/v2/team/a/manifests/1") == 404)
                #expect(try await store.verb("repository", "delete", "team/a").status == 1)
            }
            let listed = try await store.verb("repository", "deleted")
            let words = try #require(listed.lines.first).split(separator: " ").map(String.init)
            #expect(words.last == "team/a")
            #expect(try await store.verb("repository", "restore", words[0]).trimmedOutput == "restored team/a")
            #expect(try await store.verb("repository", "restore", words[0]).status == 1)
            try await store.serving { _ in
                let count = try await reader.verify("team/a", "1")
                #expect(count == Self.image.count)
            }
        }
    }

    @Test("a server that is switched to read-only refuses every change until it is switched back, a reload or not")
    func readOnly() async throws {
        try await withStore { store in
            func turn(_ state: String) async throws -> String {
                try await Command(
                    RegistryProcess.programPath(.registryd),
                    ["read-only", state, "--config", store.config]
                ).run().trimmedOutput
            }
            try await store.serving { _ in
                let on = try await turn("on")
                let refused = try await store.status("POST", "/v2/a/blobs/uploads/")
                let read = try await store.status("GET", "/v2/")
                let off = try await turn("off")
                let accepted = try await store.status("POST", "/v2/a/blobs/uploads/")
                #expect(on == "read-only" && off == "writable")
                #expect(refused == 405 && read == 200 && accepted == 202)
            }
        }
    }

    @Test("verify finds a blob that was cut short, sets it aside, and finds nothing more")
    func verification() async throws {
        try await withStore { store in
            try await store.serving { _ in
                _ = try await store.reader.push(Self.image, to: "a", tag: "1")
            }
            #expect(try await store.verb("verify").status == 0)
            let hex = contentDigest(Self.image.blobs[0]).dropFirst("sha256:".count)
            let blob = "data/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
            try Data(Self.image.blobs[0].dropLast()).write(to: store.scratch.path(blob))
            let found = try await store.verb("verify", "--json")
            #expect(found.status == 1)
            #expect(found.output.contains("\"broken-blob\""))
            _ = try await store.verb("verify", "--repair", "--quiet")
            #expect(!FileManager.default.fileExists(atPath: store.scratch.string(blob)))
            // The push of what is missing mends it.
            try await store.serving { _ in
                let reader = store.reader
                _ = try await reader.push(Self.image, to: "a", tag: "1")
                #expect(try await reader.verify("a", "1") == Self.image.count)
            }
            #expect(try await store.verb("verify").status == 0)
        }
    }

    @Test("explain names the rule that decides, and ends with 0, 1 or 2")
    func explain() async throws {
        let scratch = try ScratchFolder(name: "explain")
        defer { scratch.remove() }
        try """
        rules:
          - allow: [pull, push]
            who: alice
            repositories: team/**

        """.write(to: scratch.path("access.yml"), atomically: true, encoding: .utf8)
        try """
        version: 0.1
        storage: inmemory
        auth: {htpasswd: {realm: a, path: \(scratch.string("htpasswd"))}}
        registryd: {access: {file: \(scratch.string("access.yml"))}}

        """.write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
        func explain(_ arguments: String...) async throws -> CommandResult {
            try await Command(
                RegistryProcess.programPath(.registryd),
                ["explain"] + arguments + ["--config", scratch.string("config.yml")]
            ).result(seconds: 20)
        }
        let allowed = try await explain("alice", "push", "team/app")
        #expect(allowed.status == 0)
        #expect(allowed.output.contains("allowed by the rule at \(scratch.string("access.yml")):2"))
        let denied = try await explain("alice", "delete", "team/app")
        #expect(denied.status == 1)
        #expect(denied.output.contains("denied"))
        #expect(try await explain("alice", "bake", "team/app").status == 2)
    }
}
