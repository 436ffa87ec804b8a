import Foundation
import ShellSupport
import Testing

extension Interoperability {
    @Suite("Python clients", .serialized)
    struct Python {
        @Test("the Python package oras pushes a file, pulls it and lists its tag")
        func oras() async throws {
            try await ClientBench.with { bench in
                try Data(ImageLayout.noise(seed: "oras", count: 70_000)).write(to: bench.scratch.path("file.bin"))
                try await bench.python(
                    """
                    import filecmp, os, sys
                    import oras.client
                    registry, repository = sys.argv[1:3]
                    client = oras.client.OrasClient(hostname=registry, insecure=True)
                    target = f"{registry}/{repository}:v1"
                    client.push(target=target, files=["file.bin"])
                    os.makedirs("back")
                    (pulled,) = client.pull(target=target, outdir="back")
                    assert filecmp.cmp(pulled, "file.bin", shallow=False), "the file came back changed"
                    assert client.get_tags(f"{registry}/{repository}") == ["v1"]
                    """,
                    [bench.registry.authority, "python/oras"]
                ).run()
                #expect(try await bench.registry.reader.verify("python/oras", "v1") == 3)
            }
        }

        @Test("the Python package docker loads, pushes and pulls through an engine (podman's service)")
        func docker() async throws {
            try await ClientBench.with { bench in
                let archive = bench.scratch.string("image.tar")
                try await bench.skopeo(
                    ["copy", "oci:\(bench.imageLayout):latest", "docker-archive:\(archive):local/image:x"]
                ).run()
                try await bench.withEngine { socket in
                    try await bench.python(
                        """
                        import sys
                        import docker
                        socket, reference, archive = sys.argv[1:4]
                        client = docker.DockerClient(base_url="unix://" + socket, timeout=80)
                        with open(archive, "rb") as file:
                            image = client.images.load(file.read())[0]
                        image.tag(reference, "latest")
                        for line in client.images.push(reference, tag="latest", stream=True, decode=True):
                            if "error" in line:
                                sys.exit(str(line))
                        client.images.remove(reference + ":latest", force=True)
                        pulled = client.images.pull(reference, tag="latest")
                        assert pulled.id == image.id, (pulled.id, image.id)
                        """,
                        [socket, bench.reference("python/docker"), archive]
                    ).run()
                }
                #expect(try await bench.registry.reader.verify("python/docker", "latest") == ClientBench.image.count)
            }
        }
    }
}

extension ClientBench {
    /// The Python that has the clients' modules, with a script.
    func python(_ script: String, _ arguments: [String]) -> Command {
        command(Locations.python, ["-c", script] + arguments)
    }

    /// Runs podman's service for a body that gets the path of its socket.
    func withEngine(_ body: (_ socket: String) async throws -> Void) async throws {
        let socket = scratch.string("engine.sock")
        let registries = "[[registry]]\nlocation = \"\(registry.authority)\"\ninsecure = true\n"
        try Data(registries.utf8).write(to: scratch.path("registries.conf"))
        let daemon = try Daemon.start(
            "podman",
            Self.podmanOptions(scratch) + ["system", "service", "--time=0", "unix://\(socket)"],
            environment: environment.merging(["CONTAINERS_REGISTRIES_CONF": scratch.string("registries.conf")]) { $1 },
            log: scratch.path("engine.log")
        )
        do {
            try await daemon.waitUntilReady { FileManager.default.fileExists(atPath: socket) }
            try await body(socket)
        } catch {
            await daemon.stop()
            throw error
        }
        await daemon.stop()
    }
}
