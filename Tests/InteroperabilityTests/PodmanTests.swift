import Foundation
import ShellSupport
import Testing

extension Interoperability {
    @Suite("podman", .serialized)
    struct Podman {
        @Test("an image comes back from podman's push and pull, by tag and by digest")
        func roundTrip() async throws {
            try await ClientBench.with { bench in
                try await bench.podman(["pull", "oci:\(bench.imageLayout):latest"]).run()
                let loaded = try await bench.podmanImages()
                let image = try #require(loaded.first)
                try await bench.podman(
                    [
                        "push", "--tls-verify=false", "--digestfile", bench.scratch.string("digest"), image,
                        bench.reference("podman:latest"),
                    ]
                ).run()
                let pushed = try String(contentsOf: bench.scratch.path("digest"), encoding: .utf8)
                #expect(try await bench.registry.reader.digest("podman", "latest") == pushed)
                #expect(try await bench.registry.reader.verify("podman", "latest") == ClientBench.image.count)

                for reference in ["podman:latest", "podman@\(pushed)"] {
                    try await bench.podman(["rmi", "--all", "--force"]).run()
                    try await bench.podman(["pull", "--tls-verify=false", bench.reference(reference)]).run()
                    #expect(try await bench.podmanImages() == [image], "pulled as \(reference)")
                }
            }
        }

        @Test("podman pushes in Docker's format")
        func dockerFormat() async throws {
            try await ClientBench.with { bench in
                try await bench.podman(["pull", "oci:\(bench.imageLayout):latest"]).run()
                let image = try #require(try await bench.podmanImages().first)
                let name = bench.reference("podman:docker")
                try await bench.podman(["push", "--tls-verify=false", "--format", "docker", image, name]).run()
                #expect(try await bench.registry.reader.verify("podman", "docker") == ClientBench.image.count)
            }
        }

        @Test("podman builds a manifest list from the registry's images, pushes it and pulls from it")
        func manifestList() async throws {
            try await ClientBench.with { bench in
                try await bench.registry.reader.push(ClientBench.image, to: "podman", tag: "latest")
                let source = "docker://\(bench.reference("podman:latest"))"
                let destination = "docker://\(bench.reference("podman:list"))"
                try await bench.podman(["manifest", "create", "ml"]).run()
                try await bench.podman(["manifest", "add", "--tls-verify=false", "ml", source]).run()
                try await bench.podman(["manifest", "push", "--all", "--tls-verify=false", "ml", destination]).run()
                #expect(try await bench.registry.reader.verify("podman", "list") == ClientBench.image.count + 1)
                try await bench.podman(["pull", "--tls-verify=false", bench.reference("podman:list")]).run()
            }
        }

        @Test("podman searches the catalog and lists a repository's tags")
        func search() async throws {
            try await ClientBench.with { bench in
                try await bench.registry.reader.push(ClientBench.image, to: "team/found", tag: "v1")
                let tags = try await bench.podman(
                    ["search", "--list-tags", "--tls-verify=false", bench.reference("team/found")]
                ).run()
                #expect(tags.lines.contains { $0.hasSuffix("v1") })
                let found = try await bench.podman(["search", "--tls-verify=false", bench.reference("team")]).run()
                #expect(found.output.contains("team/found"))
            }
        }
    }
}

extension ClientBench {
    /// podman with its store in the bench's folder, and with what works where there is no init system and no overlay.
    static func podmanOptions(_ scratch: ScratchFolder) -> [String] {
        [
            "--root", scratch.string("podman"), "--runroot", scratch.string("podman-run"), "--storage-driver", "vfs",
            "--cgroup-manager", "cgroupfs", "--events-backend", "none",
        ]
    }

    func podman(_ arguments: [String]) -> Command {
        command("podman", Self.podmanOptions(scratch) + arguments)
    }

    /// The ids of the images in podman's store.
    func podmanImages() async throws -> [String] {
        try await podman(["images", "--quiet", "--no-trunc"]).run().lines
    }
}
