import Foundation
import ShellSupport
import Testing

@Suite("What was deleted, as an operator brings it back", .serialized)
struct RestoreTests {
    private static let image = ImageLayout.image("restored", layerSizes: [70_000])
    private static let other = ImageLayout.image("other", layerSizes: [50_000])

    private struct Bench {
        let scratch: ScratchFolder
        let port: UInt16

        init(socket: Bool) throws {
            scratch = try ScratchFolder(name: "restore")
            port = try LoopbackPort.free()
            let own = socket ? "registryd: {administration: {socket: \(scratch.string("admin.sock"))}}" : ""
            try """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(scratch.string("data"))}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(port)"}
            \(own)

            """.write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
        }

        var wire: WireClient { WireClient(port: port) }
        var reader: RegistryReader { RegistryReader(wire: wire) }

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

        /// The status that curl sees.
        func curl(_ method: String, _ target: String) async throws -> String {
            try await Command(
                "curl",
                ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, "http://127.0.0.1:\(port)\(target)"]
            ).run().trimmedOutput
        }
    }

    @Test("through the server's socket: a tag, a manifest with its tags, a blob, with a collection in between")
    func served() async throws {
        let bench = try Bench(socket: true)
        defer { bench.scratch.remove() }
        try await bench.serving {
            _ = try await bench.reader.push(Self.image, to: "team/app", tag: "v1")
            _ = try await bench.reader.push(Self.image, to: "team/app", tag: "v2")
            #expect(try await bench.curl("DELETE", "/v2/team/app/manifests/v1") == "202")
            #expect(try await bench.curl("DELETE", "/v2/team/app/manifests/v1") == "404")
            #expect(try await bench.curl("GET", "/v2/team/app/manifests/v1") == "404")
            let run = try await bench.verb("garbage-collect", "--delete-untagged", "--quiet")
            #expect(run.status == 0)
            let listed = try await bench.verb("restore", "--list")
            #expect(listed.lines.count == 1 && listed.lines.first?.hasSuffix(" tag team/app:v1") == true)
            let restored = try await bench.verb("restore", "team/app:v1")
            #expect(restored.status == 0 && restored.trimmedOutput == "restored team/app:v1")
            #expect(try await bench.reader.verify("team/app", "v1") == Self.image.count)
            let again = try await bench.verb("restore", "team/app:v1")
            #expect(again.status == 1 && again.errorOutput.contains("there is no deleted team/app:v1"))

            #expect(try await bench.curl("DELETE", "/v2/team/app/manifests/\(Self.image.digest)") == "202")
            #expect(try await bench.curl("GET", "/v2/team/app/manifests/v2") == "404")
            let blob = contentDigest(Self.image.blobs[0])
            #expect(try await bench.curl("DELETE", "/v2/team/app/blobs/\(blob)") == "202")
            #expect(try await bench.curl("DELETE", "/v2/team/app/blobs/\(blob)") == "404")
            _ = try await bench.reader.push(Self.other, to: "team/app", tag: "v2")
            #expect(try await bench.verb("garbage-collect", "--delete-untagged", "--quiet").status == 0)

            #expect(try await bench.verb("restore", "team/app@\(blob)").status == 0)
            let whole = try await bench.verb("restore", "team/app@\(Self.image.digest)")
            #expect(whole.status == 0)
            #expect(whole.lines.contains("restored team/app:v1"))
            #expect(whole.output.contains("team/app:v2 was pushed again since then"))
            #expect(try await bench.reader.verify("team/app", "v1") == Self.image.count)
            #expect(try await bench.reader.verify("team/app", "v2") == Self.other.count)
            #expect(try await bench.verb("verify", "--quiet").status == 0)
        }
    }

    @Test("on a store that is not served, by name and by identifier, and not after it was collected")
    func stopped() async throws {
        let bench = try Bench(socket: false)
        defer { bench.scratch.remove() }
        try await bench.serving {
            _ = try await bench.reader.push(Self.image, to: "team/app", tag: "v1")
            #expect(try await bench.curl("DELETE", "/v2/team/app/manifests/\(Self.image.digest)") == "202")
        }
        let listed = try await bench.verb("restore", "--list", "team/app")
        let id = try #require(listed.lines.first?.split(separator: " ").first.map(String.init))
        #expect(try await bench.verb("restore", "--list", "team/other").trimmedOutput.isEmpty)
        #expect(try await bench.verb("restore", id).trimmedOutput.hasSuffix("restored team/app:v1"))
        try await bench.serving {
            let count = try await bench.reader.verify("team/app", "v1")
            let deleted = try await bench.curl("DELETE", "/v2/team/app/manifests/v1")
            #expect(count == Self.image.count && deleted == "202")
        }
        #expect(try await bench.verb("repository", "delete", "team/app").status == 0)
        #expect(try await bench.verb("restore", "team/app").trimmedOutput == "restored team/app")
        let kept = try await bench.verb("garbage-collect", "-m", "--quiet", "--grace", "3600")
        #expect(kept.status == 0)
        #expect(try await bench.verb("restore", "team/app:v1").status == 0)
        try await bench.serving {
            let deleted = try await bench.curl("DELETE", "/v2/team/app/manifests/v1")
            #expect(deleted == "202")
        }
        #expect(try await bench.verb("garbage-collect", "-m", "--quiet").status == 0)
        #expect(try await bench.verb("restore", "team/app:v1").status == 1)
        #expect(try await bench.verb("restore", "A B").status != 0)
    }
}
