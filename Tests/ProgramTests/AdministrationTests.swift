import Foundation
import ShellSupport
import Testing

@Suite("What an operator does with verbs")
struct AdministrationTests {
    /// A configuration with a socket of administration, and a store with two images.
    private struct Bench {
        let scratch: ScratchFolder
        let port: UInt16

        var wire: WireClient { WireClient(port: port) }

        static func with(_ body: (Bench) async throws -> Void) async throws {
            let scratch = try ScratchFolder(name: "admin")
            defer { scratch.remove() }
            let bench = Bench(scratch: scratch, port: try LoopbackPort.free())
            try """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(scratch.string("data"))}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(bench.port)"}
            registryd: {administration: {socket: \(scratch.string("admin.sock"))}}

            """.write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
            try await body(bench)
        }

        /// Runs a body while the store is served.
        func serving(_ body: () async throws -> Void) async throws {
            let daemon = try Daemon.start(
                RegistryProcess.programPath(.registryd),
                ["serve", scratch.string("config.yml")],
                log: scratch.path("log")
            )
            defer { daemon.send(signal: SIGKILL) }
            try await daemon.waitUntilReady { (try? await wire.send(WireRequest("GET", "/v2/"))) != nil }
            try await body()
            #expect(await daemon.stop())
        }

        func verb(_ arguments: String...) async throws -> CommandResult {
            try await Command(RegistryProcess.programPath(.registryd), arguments + [scratch.string("config.yml")])
                .result(seconds: 60)
        }

        func status(_ method: String, _ target: String) async throws -> Int {
            try await wire.send(WireRequest(method, target)).status
        }
    }

    static let image = ImageLayout.image("kept", layerSizes: [70_000])
    static let other = ImageLayout.image("gone", layerSizes: [50_000])

    @Test("a store that is served keeps what it told of; one that nobody serves loses what nothing refers to at once")
    func collection() async throws {
        try await Bench.with { bench in
            let reader = RegistryReader(wire: bench.wire)
            try await bench.serving {
                _ = try await reader.push(Self.image, to: "a", tag: "1")
                _ = try await reader.push(Self.other, to: "a", tag: "1")
                let run = try await bench.verb("garbage-collect", "--delete-untagged")
                #expect(run.status == 0)
                #expect(run.output.contains("a: marking manifest \(Self.other.digest) "))
                #expect(run.output.contains("0 blobs and 0 manifests eligible for deletion"))
                #expect(try await bench.status("GET", "/v2/a/manifests/\(Self.image.digest)") == 200)
            }
            let dry = try await bench.verb("garbage-collect", "--dry-run", "-m")
            #expect(dry.output.contains("manifest eligible for deletion: {a \(Self.image.digest) []}"))
            #expect(dry.output.contains("1 manifests eligible for deletion"))
            #expect(dry.errorOutput.contains("3 blobs would be removed"))
            let run = try await bench.verb("garbage-collect", "-m", "--quiet")
            #expect(run.status == 0 && run.output.isEmpty)
            try await bench.serving {
                let gone = try await bench.status("GET", "/v2/a/manifests/\(Self.image.digest)")
                let count = try await reader.verify("a", "1")
                #expect(gone == 404 && count == Self.other.count)
            }
            #expect(!FileManager.default.fileExists(atPath: bench.scratch.string("admin.sock")))
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
        try await Bench.with { bench in
            let reader = RegistryReader(wire: bench.wire)
            try await bench.serving {
                _ = try await reader.push(Self.image, to: "team/a", tag: "1")
                let deleted = try await bench.verb("repository", "delete", "team/a")
                #expect(deleted.status == 0)
                #expect(try await bench.status("GET", "/v2/team/a/manifests/1") == 404)
                #expect(try await bench.verb("repository", "delete", "team/a").status == 1)
            }
            let listed = try await bench.verb("repository", "deleted")
            let words = try #require(listed.lines.first).split(separator: " ").map(String.init)
            #expect(words.last == "team/a")
            #expect(try await bench.verb("repository", "restore", words[0]).trimmedOutput == "restored team/a")
            #expect(try await bench.verb("repository", "restore", words[0]).status == 1)
            try await bench.serving {
                let count = try await reader.verify("team/a", "1")
                #expect(count == Self.image.count)
            }
        }
    }

    @Test("a server that is switched to read-only refuses every change until it is switched back, a reload or not")
    func readOnly() async throws {
        try await Bench.with { bench in
            func turn(_ state: String) async throws -> String {
                try await Command(
                    RegistryProcess.programPath(.registryd),
                    ["read-only", state, "--config", bench.scratch.string("config.yml")]
                ).run().trimmedOutput
            }
            try await bench.serving {
                let on = try await turn("on")
                let refused = try await bench.status("POST", "/v2/a/blobs/uploads/")
                let read = try await bench.status("GET", "/v2/")
                let off = try await turn("off")
                let accepted = try await bench.status("POST", "/v2/a/blobs/uploads/")
                #expect(on == "read-only" && off == "writable")
                #expect(refused == 405 && read == 200 && accepted == 202)
            }
        }
    }

    @Test("verify finds a blob that was cut short, sets it aside, and finds nothing more")
    func verification() async throws {
        try await Bench.with { bench in
            try await bench.serving {
                _ = try await RegistryReader(wire: bench.wire).push(Self.image, to: "a", tag: "1")
            }
            #expect(try await bench.verb("verify").status == 0)
            let hex = contentDigest(Self.image.blobs[0]).dropFirst("sha256:".count)
            let blob = "data/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
            try Data(Self.image.blobs[0].dropLast()).write(to: bench.scratch.path(blob))
            let found = try await bench.verb("verify", "--json")
            #expect(found.status == 1)
            #expect(found.output.contains("\"broken-blob\""))
            _ = try await bench.verb("verify", "--repair", "--quiet")
            #expect(!FileManager.default.fileExists(atPath: bench.scratch.string(blob)))
            // The push of what is missing mends it.
            try await bench.serving {
                let reader = RegistryReader(wire: bench.wire)
                _ = try await reader.push(Self.image, to: "a", tag: "1")
                #expect(try await reader.verify("a", "1") == Self.image.count)
            }
            #expect(try await bench.verb("verify").status == 0)
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
