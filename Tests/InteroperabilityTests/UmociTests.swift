import Foundation
import ShellSupport
import Testing

extension Interoperability {
    @Suite("umoci", .serialized)
    struct Umoci {
        @Test("an image that umoci makes and changes goes through the registry and is unpacked again")
        func roundTrip() async throws {
            try await ClientBench.with { bench in
                let layout = bench.scratch.string("made")
                let file = bench.scratch.string("file")
                try Data("in the image\n".utf8).write(to: bench.scratch.path("file"))
                try await bench.umoci(["init", "--layout", layout]).run()
                try await bench.umoci(["new", "--image", "\(layout):one"]).run()
                try await bench.umoci(["insert", "--rootless", "--image", "\(layout):one", file, "/etc/file"]).run()
                try await bench.umoci(["config", "--image", "\(layout):one", "--config.cmd", "/bin/true"]).run()

                try await bench.copy("oci:\(layout):one", to: bench.docker("umoci:one"))
                #expect(try await bench.registry.reader.verify("umoci", "one") == 3)

                let back = bench.scratch.string("back")
                try await bench.copy(bench.docker("umoci:one"), to: "oci:\(back):one")
                let digest = try ImageLayout.digest(in: bench.scratch.path("back"))
                #expect(try await bench.registry.reader.digest("umoci", "one") == digest)
                let bundle = bench.scratch.string("bundle")
                try await bench.umoci(["unpack", "--rootless", "--image", "\(back):one", bundle]).run()
                let unpacked = try String(contentsOfFile: "\(bundle)/rootfs/etc/file", encoding: .utf8)
                #expect(unpacked == "in the image\n")
            }
        }
    }
}

extension ClientBench {
    func umoci(_ arguments: [String]) -> Command {
        command("umoci", arguments)
    }
}
