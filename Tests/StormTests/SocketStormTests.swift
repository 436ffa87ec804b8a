import Foundation
import ShellSupport
import Testing

/// `dev/storm` is the long form. `REGISTRYD_TEST_SERVER=peer` storms Debian's `docker-registry`.
@Suite("A storm of clients against the program, during collections", .serialized, .enabled(if: SlowTests.enabled))
struct SocketStormTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// How long each of the two goes on; `dev/storm --seconds N` sets it.
    private static let seconds = environment["REGISTRYD_STORM_SECONDS"].flatMap { Int($0) } ?? 8

    /// The clients' choices follow from it; what the kernel and the network decide does not.
    private static let seed =
        environment["REGISTRYD_STORM_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...999_999_999)

    /// Without collections no server does anything wrong, which shows that the clients do nothing wrong.
    private static let collects = environment["REGISTRYD_STORM_COLLECTS"] != "0"

    @Test(
        "no push fails, no pull breaks, and in the end the store holds exactly what is reachable",
        arguments: [false, true]
    )
    func storm(untagged: Bool) async throws {
        let server = RegistryProcess.Server.underTest
        let storm = Storm(
            server: server,
            duration: .seconds(Self.seconds),
            seed: Self.seed,
            untagged: untagged,
            collects: Self.collects
        )
        let outcome = try await storm.run()
        let (account, sum) = (outcome.account, outcome.collections)
        print(
            "storm: \(server.rawValue), \(Self.seconds) s, seed \(Self.seed), \(untagged ? "with" : "without") the removal",
            "of untagged manifests: \(account.pushes) pushes, \(account.mounts) mounts, \(account.skips) skipped uploads,",
            "\(account.pulls) pulls, \(account.deletions) deletions;",
            "\(sum.runs) collections: \(sum.takenAway) taken away, \(sum.broughtBack) brought back by them,",
            "\(sum.removed) removed, \(sum.failures.count) failed;",
            "\(account.failedPushes.count) pushes failed, \(account.brokenPulls.count) pulls broken,",
            "\(outcome.lost.count) accepted manifests not whole in the end;",
            server == .peer
                ? ""
                : "of \(outcome.expected) reachable files \(outcome.missing.count) missing, \(outcome.left.count) left over"
        )
        func told(_ wrong: some Sequence<String>) -> Comment { "\(wrong.prefix(10).joined(separator: "\n"))" }
        #expect(account.failedPushes.isEmpty, told(account.failedPushes))
        #expect(account.brokenPulls.isEmpty, told(account.brokenPulls))
        #expect(outcome.lost.isEmpty, told(outcome.lost))
        #expect(outcome.missing.isEmpty, told(outcome.missing))
        #expect(outcome.left.isEmpty, told(outcome.left))
        #expect(outcome.damage.isEmpty, "\(outcome.damage)")
        #expect(sum.failures.isEmpty, told(sum.failures))
        // Otherwise nothing was shown.
        #expect(account.pushes > 0 && account.pulls > 0)
        #expect((sum.runs > 0 && sum.removed > 0) == Self.collects)
    }
}
