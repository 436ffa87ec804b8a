import Foundation
import ShellSupport
import Testing

extension Differential {
    @Suite("starts")
    struct Starts {
        @Test(
            "what the peer serves we serve, what it refuses we refuse, but where a reason says why not",
            arguments: Start.all
        )
        func start(_ start: Start) async throws {
            let theirs = try await start.observe(.peer)
            #expect(theirs.outcome == start.peer, "the peer: \(theirs.log.suffix(600))")
            let ours = try await start.observe(.registryd)
            #expect(ours.outcome == start.ours ?? start.peer, "ours: \(ours.log.suffix(600))")
            #expect((start.ours == nil) == (start.reason == nil), "a difference has a reason")
        }

        @Test("a refusal names the place and the key, on standard error, with status 1")
        func refusal() async throws {
            let scratch = try ScratchFolder(name: "refusal")
            defer { scratch.remove() }
            let file = scratch.string("config.yml")
            try "version: 0.1\nstorage: inmemory\nlog:\n  levle: info\n  level: loud\n"
                .write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
            let result = try await Command(RegistryProcess.programPath(.registryd), ["serve", file]).result(seconds: 20)
            #expect(result.status == 1)
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.contains("configuration error: \(file):5:10: error: log.level: "))
            #expect(result.errorOutput.contains("log.levle"))
            #expect(result.errorOutput.contains("did you mean level?"))
        }
    }
}
