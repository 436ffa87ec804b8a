import ShellSupport
import Testing

extension Interoperability {
    @Suite("skopeo", .serialized)
    struct Skopeo {
        @Test("an image comes back from skopeo's push and pull with the same digest")
        func roundTrip() async throws {
            try await ClientBench.with { bench in
                try await bench.copy("oci:\(bench.imageLayout):latest", to: bench.docker("skopeo:latest"))
                #expect(try await bench.registry.reader.digest("skopeo", "latest") == ClientBench.image.digest)
                #expect(try await bench.registry.reader.verify("skopeo", "latest") == ClientBench.image.count)

                try await bench.copy(bench.docker("skopeo:latest"), to: "oci:\(bench.scratch.string("back")):latest")
                #expect(try ImageLayout.digest(in: bench.scratch.path("back")) == ClientBench.image.digest)

                let byDigest = bench.docker("skopeo@\(ClientBench.image.digest)")
                try await bench.copy(byDigest, to: "oci:\(bench.scratch.string("pinned")):latest")
                #expect(try ImageLayout.digest(in: bench.scratch.path("pinned")) == ClientBench.image.digest)
            }
        }

        @Test("an index goes and comes with all its platforms, and one platform can be chosen")
        func index() async throws {
            try await ClientBench.with { bench in
                try await bench.copy("oci:\(bench.indexLayout):latest", to: bench.docker("multi:latest"), ["--all"])
                #expect(try await bench.registry.reader.digest("multi", "latest") == ClientBench.index.digest)
                #expect(try await bench.registry.reader.verify("multi", "latest") == ClientBench.index.count)

                let back = "oci:\(bench.scratch.string("back")):latest"
                try await bench.copy(bench.docker("multi:latest"), to: back, ["--all"])
                #expect(try ImageLayout.digest(in: bench.scratch.path("back")) == ClientBench.index.digest)

                let arm = "oci:\(bench.scratch.string("arm")):latest"
                try await bench.skopeo(
                    ["--override-arch", "arm64", "copy", "--src-tls-verify=false", bench.docker("multi:latest"), arm]
                ).run()
                #expect(try ImageLayout.digest(in: bench.scratch.path("arm")) == ClientBench.arm.digest)
            }
        }

        @Test("an image that skopeo converts to Docker's schema 2 is stored and comes back")
        func schema2() async throws {
            try await ClientBench.with { bench in
                try await bench.skopeo(
                    [
                        "copy", "--format", "v2s2", "--dest-tls-verify=false", "oci:\(bench.imageLayout):latest",
                        bench.docker("v2s2:x"),
                    ]
                ).run()
                #expect(try await bench.registry.reader.verify("v2s2", "x") == ClientBench.image.count)
                let raw = try await bench.skopeo(["inspect", "--raw", "--tls-verify=false", bench.docker("v2s2:x")])
                    .run()
                #expect(raw.output.contains("application/vnd.docker.distribution.manifest.v2+json"))
                try await bench.skopeo(
                    [
                        "copy", "--src-tls-verify=false", bench.docker("v2s2:x"),
                        "docker-archive:\(bench.scratch.string("v2s2.tar")):x:y",
                    ]
                ).run()
            }
        }

        @Test("layers that skopeo compresses with zstd are stored and verify")
        func zstd() async throws {
            try await ClientBench.with { bench in
                try await bench.skopeo(
                    [
                        "copy", "--dest-compress", "--dest-compress-format", "zstd",
                        "--dest-oci-accept-uncompressed-layers", "--dest-tls-verify=false",
                        "oci:\(bench.imageLayout):latest", bench.docker("zstd:x"),
                    ]
                ).run()
                #expect(try await bench.registry.reader.verify("zstd", "x") == ClientBench.image.count)
            }
        }

        @Test("skopeo inspects an image and lists the tags of its repository")
        func inspection() async throws {
            try await ClientBench.with { bench in
                for tag in ["one", "two"] {
                    try await bench.registry.reader.push(ClientBench.image, to: "listed", tag: tag)
                }
                let inspected = try await bench.skopeo(
                    ["inspect", "--format", "{{.Digest}}", "--tls-verify=false", bench.docker("listed:one")]
                ).run()
                #expect(inspected.trimmedOutput == ClientBench.image.digest)
                let tags = try await bench.skopeo(["list-tags", "--tls-verify=false", bench.docker("listed")]).run()
                #expect(tags.output.contains(#""one""#) && tags.output.contains(#""two""#))
            }
        }

        @Test("skopeo copies between repositories of one registry, syncs one to a folder, and deletes")
        func copyAndDelete() async throws {
            try await ClientBench.with { bench in
                // skopeo remembers where it has pushed a blob to, and mounts it from there.
                try await bench.copy("oci:\(bench.imageLayout):latest", to: bench.docker("from/here:latest"))
                try await bench.copy(bench.docker("from/here:latest"), to: bench.docker("to/there:latest"))
                #expect(try await bench.registry.reader.verify("to/there", "latest") == ClientBench.image.count)

                try await bench.skopeo(
                    [
                        "sync", "--src", "docker", "--dest", "dir", "--src-tls-verify=false",
                        bench.reference("to/there"), bench.scratch.string("sync"),
                    ]
                ).run()

                try await bench.skopeo(["delete", "--tls-verify=false", bench.docker("to/there:latest")]).run()
                try await bench.skopeo(["inspect", "--tls-verify=false", bench.docker("to/there:latest")])
                    .runExpectingFailure()
                #expect(try await bench.registry.reader.verify("from/here", "latest") == ClientBench.image.count)
            }
        }
    }
}

extension ClientBench {
    func skopeo(_ arguments: [String]) -> Command {
        command("skopeo", arguments)
    }

    /// Copies with `skopeo`, the digests kept, both sides without TLS.
    func copy(_ source: String, to destination: String, _ options: [String] = []) async throws {
        var arguments = ["copy", "--preserve-digests"] + options
        if source.hasPrefix("docker:") { arguments.append("--src-tls-verify=false") }
        if destination.hasPrefix("docker:") { arguments.append("--dest-tls-verify=false") }
        try await skopeo(arguments + [source, destination]).run()
    }

    /// A repository, tag or digest of the registry in skopeo's notation.
    func docker(_ rest: String) -> String { "docker://\(reference(rest))" }
}
