import ShellSupport
import Testing

extension Interoperability {
    @Suite("Clients that meet a rule", .serialized)
    struct Policy {
        private static let rules = [
            "REGISTRY_REGISTRYD_POLICY_IMMUTABLE":
                "[{name: releases, repositories: ['**'], tags: ['v*']}]",
            "REGISTRY_REGISTRYD_POLICY_QUOTAS":
                "[{name: small, repositories: [small/**], bytes: 100KB}, {name: tiny, repositories: [tiny/**], maxblob: 1KiB}]",
        ]

        @Test("skopeo tells why an immutable tag is not moved, nor deleted, and doesn't try again in another format")
        func skopeo() async throws {
            try await ClientBench.with(registry: Self.rules) { bench in
                try await bench.copy("oci:\(bench.imageLayout):latest", to: bench.docker("app:v1"))
                try await bench.copy("oci:\(bench.imageLayout):latest", to: bench.docker("app:v1"))
                try ImageLayout.write(ClientBench.arm, to: bench.scratch.path("other"))
                let source = "oci:\(bench.scratch.string("other")):latest"
                // Without --preserve-digests skopeo is free to convert the manifest when its format is refused.
                let pushed = try await bench.skopeo(["copy", "--dest-tls-verify=false", source, bench.docker("app:v1")])
                    .runExpectingFailure()
                #expect(
                    pushed.errorOutput.contains(
                        "denied: tag v1 of app is immutable by the rule 'releases' (registryd.policy.immutable)"
                    ),
                    "\(pushed.errorOutput)"
                )
                let deleted = try await bench.skopeo(["delete", "--tls-verify=false", bench.docker("app:v1")])
                    .runExpectingFailure()
                #expect(deleted.errorOutput.contains("releases"), "\(deleted.errorOutput)")
                #expect(try await bench.registry.reader.digest("app", "v1") == ClientBench.image.digest)
            }
        }

        @Test("skopeo and podman tell which quota a push exceeds")
        func quotas() async throws {
            try await ClientBench.with(registry: Self.rules) { bench in
                let source = "oci:\(bench.imageLayout):latest"
                try await bench.podman(["pull", source]).run()
                let image = try #require(try await bench.podmanImages().first)
                for (repository, rule) in [("small/app:1", "small"), ("tiny/app:1", "tiny")] {
                    let copied = try await bench.skopeo(
                        ["copy", "--dest-tls-verify=false", source, bench.docker(repository)]
                    ).runExpectingFailure()
                    let pushed = try await bench.podman(
                        ["push", "--tls-verify=false", image, bench.reference(repository)]
                    ).runExpectingFailure()
                    for text in [copied.errorOutput, pushed.errorOutput] {
                        #expect(text.contains("denied: "), "\(text)")
                        #expect(text.contains("the quota '\(rule)' (registryd.policy.quotas)"), "\(text)")
                    }
                }
            }
        }
    }
}
