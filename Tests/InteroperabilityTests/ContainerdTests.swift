import Foundation
import ShellSupport
import Testing

extension Interoperability {
    @Suite("containerd", .serialized)
    struct Containerd {
        @Test("containerd's ctr imports, pushes, pulls and fetches an image and an index with the same digests")
        func roundTrip() async throws {
            try await ClientBench.with { bench in
                try await bench.withContainerd { ctr in
                    for (name, image) in [("image", ClientBench.image), ("index", ClientBench.index)] {
                        try await roundTrip(name, image, bench, ctr)
                    }
                    let pinned = bench.reference("ctr-index@\(ClientBench.index.digest)")
                    try await ctr(["content", "fetch", "--all-platforms", "--plain-http", pinned]).run()
                }
            }
        }

        private func roundTrip(
            _ name: String,
            _ image: ImageLayout.Image,
            _ bench: ClientBench,
            _ ctr: ([String]) -> Command
        ) async throws {
            let archive = bench.scratch.string("\(name).tar")
            try await Command(
                "tar",
                ["-C", bench.scratch.string(name), "-cf", archive, "oci-layout", "index.json", "blobs"]
            ).run()
            let base = bench.reference("ctr-\(name)")
            let reference = "\(base):latest"
            try await ctr(
                ["images", "import", "--no-unpack", "--all-platforms", "--base-name", base, archive]
            ).run()
            try await ctr(["images", "push", "--plain-http", reference]).run()
            #expect(try await bench.registry.reader.digest("ctr-\(name)", "latest") == image.digest)
            #expect(try await bench.registry.reader.verify("ctr-\(name)", "latest") == image.count)

            try await ctr(["images", "rm", "--sync", reference]).run()
            try await ctr(["images", "pull", "--snapshotter", "native", "--plain-http", reference]).run()
            let listed = try await ctr(["images", "ls", "name==\(reference)"]).run()
            #expect(listed.output.contains(image.digest))
        }
    }
}

extension ClientBench {
    /// Runs containerd of its own for a body that gets its `ctr`, and stops it by its process id.
    func withContainerd(_ body: (_ ctr: ([String]) -> Command) async throws -> Void) async throws {
        let socket = scratch.string("containerd.sock")
        let plugins = [
            "grpc.v1.cri", "internal.v1.opt", "snapshotter.v1.aufs", "snapshotter.v1.btrfs", "snapshotter.v1.zfs",
            "snapshotter.v1.devmapper",
        ]
        let disabled = plugins.map { #""io.containerd.\#($0)""# }.joined(separator: ",")
        let configuration = """
            version = 2
            root = "\(scratch.string("containerd"))"
            state = "\(scratch.string("containerd-run"))"
            disabled_plugins = [\(disabled)]
            [grpc]
              address = "\(socket)"
            [ttrpc]
              address = "\(socket).ttrpc"

            """
        try Data(configuration.utf8).write(to: scratch.path("containerd.toml"))
        let ctr = { (arguments: [String]) in command("ctr", ["--address", socket] + arguments) }
        _ = try Command.locate("ctr")
        let daemon = try Daemon.start(
            "containerd",
            ["--config", scratch.string("containerd.toml")],
            environment: environment,
            log: scratch.path("containerd.log")
        )
        do {
            try await daemon.waitUntilReady { (try? await ctr(["version"]).run(seconds: 10)) != nil }
            try await body(ctr)
        } catch {
            await daemon.stop()
            throw error
        }
        await daemon.stop()
    }
}
