import Foundation
import ShellSupport
import Testing

/// Ours against Debian's `docker-registry` 2.8.2, both as processes.
@Suite(.serialized, .enabled(if: SlowTests.enabled, "REGISTRYD_SLOW_TESTS=1 compares with docker-registry"))
enum Differential {}

extension Differential {
    @Suite("answers")
    struct Answers {
        @Test("every answer is the peer's, but for the differences that are listed with their reasons")
        func answers() async throws {
            let scratch = try ScratchFolder(name: "differential")
            defer { scratch.remove() }
            let trees = try await twoTrees(in: scratch)
            let exchanges = Exchange.all
            #expect(Set(exchanges.map(\.name)).count == exchanges.count, "two exchanges have one name")
            var differences: [Difference] = []
            try await RegistryProcess.with(.peer, root: trees.0) { peer in
                try await RegistryProcess.with(root: trees.1) { ours in
                    differences = try await compare(exchanges, peer: peer, ours: ours)
                }
            }
            // Against itself the peer shows what the comparison's own noise is: none.
            let wanted = RegistryProcess.Server.underTest == .peer ? [] : try WantedDifference.load()
            try judge(differences, wanted: wanted)
        }

        private func twoTrees(in scratch: ScratchFolder) async throws -> (URL, URL) {
            let first = try scratch.makeFolder("first")
            try await Fixture.makeTree(in: first)
            let second = scratch.path("second")
            try await Command("cp", ["-a", first.path(percentEncoded: false), second.path(percentEncoded: false)]).run()
            return (first, second)
        }

        private func compare(
            _ exchanges: [Exchange],
            peer: RegistryProcess,
            ours: RegistryProcess
        ) async throws -> [Difference] {
            var conversations = (peer: Conversation(with: peer), ours: Conversation(with: ours))
            var differences: [Difference] = []
            for exchange in exchanges {
                let theirAnswer = try await conversations.peer.observe(exchange)
                let ourAnswer = try await conversations.ours.observe(exchange)
                differences += Difference.between(peer: theirAnswer, ours: ourAnswer, in: exchange)
            }
            return differences
        }

        private func judge(_ differences: [Difference], wanted: [WantedDifference]) throws {
            let unlisted = differences.filter { difference in !wanted.contains { $0.covers(difference) } }
            for difference in unlisted.prefix(50) { Issue.record("not listed: \(difference)") }
            #expect(unlisted.count <= 50, "more that are not listed")
            for entry in wanted where !differences.contains(where: entry.covers) {
                Issue.record("listed, but no longer so: \(entry.exchange): \(entry.field): \(entry.reason)")
            }
            for entry in wanted where entry.reason.isEmpty {
                Issue.record("listed without a reason: \(entry.exchange): \(entry.field)")
            }
            guard !unlisted.isEmpty else { return }
            // In the list's own form, ready to be moved there with a reason.
            let proposals = unlisted.map {
                WantedDifference(exchange: $0.exchange, field: $0.field, peer: $0.peer, ours: $0.ours, reason: "")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let file = Locations.package.appending(path: ".build/differences-not-listed.json")
            try encoder.encode(proposals).write(to: file)
        }
    }
}
