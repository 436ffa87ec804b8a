import Foundation
import ShellSupport
import Testing

extension Interoperability {
    @Suite("buildah", .serialized)
    struct Buildah {
        @Test("an image that buildah builds from scratch is pushed, pulled and built upon")
        func roundTrip() async throws {
            try await ClientBench.with { bench in
                let container = try await bench.buildah(["from", "scratch"]).run().trimmedOutput
                try await bench.buildah(["copy", container, "\(bench.imageLayout)/index.json", "/file"]).run()
                try await bench.buildah(["commit", "--format", "oci", container, "built"]).run()
                let name = "docker://\(bench.reference("buildah:latest"))"
                try await bench.buildah(
                    ["push", "--tls-verify=false", "--digestfile", bench.scratch.string("digest"), "built", name]
                ).run()
                let pushed = try String(contentsOf: bench.scratch.path("digest"), encoding: .utf8)
                #expect(try await bench.registry.reader.digest("buildah", "latest") == pushed)
                #expect(try await bench.registry.reader.verify("buildah", "latest") == 3)

                let built = try await bench.buildah(["images", "--quiet", "--no-trunc"]).run().lines
                try await bench.buildah(["rm", "--all"]).run()
                try await bench.buildah(["rmi", "--all", "--force"]).run()
                let pulled = try await bench.buildah(["pull", "--tls-verify=false", name]).run()
                #expect(built.contains { $0.hasSuffix(pulled.trimmedOutput) })
                try await bench.buildah(["from", "--tls-verify=false", "--pull-always", name]).run()
            }
        }
    }
}

extension ClientBench {
    func buildah(_ arguments: [String]) -> Command {
        let store = ["--root", scratch.string("buildah"), "--runroot", scratch.string("buildah-run")]
        return command("buildah", store + ["--storage-driver", "vfs"] + arguments)
    }
}
