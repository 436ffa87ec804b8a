import Foundation
import ShellSupport
import Testing

@Suite("A server that is killed at random moments", .enabled(if: SlowTests.enabled))
struct CrashTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// How long it goes on; `dev/crash --seconds N` sets it.
    private static let seconds = environment["REGISTRYD_CRASH_SECONDS"].flatMap { Int($0) } ?? 10

    /// A run's random choices follow from it.
    private static let seed =
        environment["REGISTRYD_CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...999_999_999)

    @Test("what it acknowledged is whole, nothing half is seen, and uploads go on from where the next one says")
    func kills() async throws {
        let harness = CrashHarness(server: .underTest, duration: .seconds(Self.seconds), seed: Self.seed)
        let summary = try await harness.run()
        print(
            "crash: \(RegistryProcess.Server.underTest.rawValue), seed \(Self.seed): \(summary.kills) kills, "
                + "\(summary.acknowledgements) acknowledgements, \(summary.damaged) things damaged in the folder, "
                + "\(summary.wrong.count) promises broken"
        )
        let told = summary.wrong.prefix(40).joined(separator: "\n")
        #expect(summary.wrong.isEmpty, "seed \(Self.seed), \(summary.wrong.count) in all:\n\(told)")
        #expect(summary.kills > 0 && summary.acknowledgements > summary.kills)
    }
}
