import Foundation
import NIOPosix
import RegistryCore
import RegistryStorage
import ShellSupport

/// Kills a registry at random moments while it is worked with, and looks at what the next one on its folder has.
struct CrashHarness {
    /// What a run did and found.
    struct Summary {
        var kills = 0
        var acknowledgements = 0
        var damaged = 0
        /// What was not as it must be, in words.
        var wrong: [String] = []
    }

    /// Which program is killed.
    let server: RegistryProcess.Server
    /// How long it goes on.
    let duration: Duration
    /// From which all random choices follow, save for what the kernel and the network decide.
    let seed: UInt64
    private let pusherCount = 4

    init(server: RegistryProcess.Server, duration: Duration, seed: UInt64) {
        self.server = server
        self.duration = duration
        self.seed = seed
    }

    func run() async throws -> Summary {
        let scratch = try ScratchFolder(name: "crash")
        defer { scratch.remove() }
        let root = try scratch.makeFolder("data")
        var random = Randomness(seed: seed)
        let pushers = (0..<pusherCount).map { Pusher(name: "p\($0)", seed: random.next(), server: server) }
        var summary = Summary()
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            try await crash(pushers, on: root, after: .milliseconds(Int.random(in: 20...1200, using: &random)))
            summary.kills += 1
            try await verify(root, into: &summary)
            try await check(pushers, on: root, everything: false, into: &summary)
        }
        try await check(pushers, on: root, everything: true, into: &summary)
        for pusher in pushers { summary.acknowledgements += await pusher.ledger.acknowledgements }
        return summary
    }

    /// Starts a server, works with it, and kills it in the midst of that.
    private func crash(_ pushers: [Pusher], on root: URL, after moment: Duration) async throws {
        let registry = try await RegistryProcess.start(server, root: root)
        await withTaskGroup(of: Void.self) { group in
            for pusher in pushers { group.addTask { await pusher.work(against: registry.wire) } }
            try? await Task.sleep(for: moment)
            registry.send(signal: SIGKILL)
        }
        await registry.stop()
    }

    /// Reads the folder that the dead server left.
    private func verify(_ root: URL, into summary: inout Summary) async throws {
        let driver = FilesystemDriver(root: root.path(percentEncoded: false), threadPool: .singleton)
        let report = try await Registry(driver: driver).verify()
        summary.damaged += report.damaged
        // A server that writes in place may leave damage in what it did not acknowledge; ours must not.
        if report.verdict != .sound { summary.wrong.append("after kill \(summary.kills):\n\(report.text)") }
    }

    /// Lets a new server tell what it has, and stops it in order.
    private func check(
        _ pushers: [Pusher],
        on root: URL,
        everything: Bool,
        into summary: inout Summary
    ) async throws {
        let registry = try await RegistryProcess.start(server, root: root)
        do {
            for pusher in pushers {
                let wrong = try await pusher.check(against: registry.wire, everything: everything)
                summary.wrong += wrong.map { "after kill \(summary.kills): \($0)" }
            }
        } catch {
            await registry.stop()
            throw error
        }
        await registry.stop()
    }
}
