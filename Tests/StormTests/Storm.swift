import Foundation
import NIOPosix
import RegistryCore
import RegistryStorage
import ShellSupport

/// Clients that push, mount, look and skip, move tags, delete and pull over sockets, while collections never stop.
struct Storm: Sendable {
    /// What a storm did and found.
    struct Outcome: Sendable {
        var account = StormClient.Account()
        var collections = StormCollector.Sum()
        /// Manifests that were accepted and not deleted, and can't be pulled whole in the end.
        var lost: [String] = []
        /// What the store lacks, and what it holds for nothing; empty where that is not judged.
        var missing: Set<String> = []
        var left: Set<String> = []
        /// How many files are reachable.
        var expected = 0
        /// What a reading of the whole store finds.
        var damage = ""
    }

    let server: RegistryProcess.Server
    let duration: Duration
    let seed: UInt64
    /// Whether manifests go that no tag leads to.
    let untagged: Bool
    /// Whether anything is collected; without, it is shown that the clients do no wrong.
    let collects: Bool
    private let clientCount = 6
    /// Ours are two processes on one folder.
    private var processCount: Int { server == .registryd ? 2 : 1 }

    init(server: RegistryProcess.Server, duration: Duration, seed: UInt64, untagged: Bool, collects: Bool) {
        self.server = server
        self.duration = duration
        self.seed = seed
        self.untagged = untagged
        self.collects = collects
    }

    func run() async throws -> Outcome {
        let scratch = try ScratchFolder(name: "storm")
        defer { scratch.remove() }
        let root = try scratch.makeFolder("data")
        var processes: [RegistryProcess] = []
        var collectors: [StormCollector] = []
        do {
            for number in 0..<processCount {
                let socket = scratch.string("\(number).sock")
                let file = try configuration(scratch, number, root: root, socket: socket)
                processes.append(try await RegistryProcess.start(server, root: root, file: file))
                let place = server == .peer ? file.path(percentEncoded: false) : socket
                collectors.append(StormCollector(server: server, place: place, untagged: untagged))
            }
            var outcome = try await storm(processes, collectors, StoreFiles(root: root))
            for process in processes { await process.stop() }
            if server == .registryd {
                let driver = FilesystemDriver(root: root.path(percentEncoded: false), threadPool: .singleton)
                let report = try await Registry(driver: driver).verify()
                if report.verdict != .sound { outcome.damage = report.text }
            }
            return outcome
        } catch {
            for process in processes { await process.stop() }
            throw error
        }
    }

    private func configuration(_ scratch: ScratchFolder, _ number: Int, root: URL, socket: String) throws -> URL {
        let file = scratch.path("\(number).yml")
        let own = server == .registryd ? "registryd: {administration: {socket: \(socket)}}\n" : ""
        let text =
            "version: 0.1\nhttp: {addr: 127.0.0.1:0}\n\(own)"
            + "storage: {filesystem: {rootdirectory: \(root.path(percentEncoded: false))}, delete: {enabled: true}}\n"
        try Data(text.utf8).write(to: file)
        return file
    }

    private func storm(
        _ processes: [RegistryProcess],
        _ collectors: [StormCollector],
        _ files: StoreFiles
    ) async throws -> Outcome {
        let gate = Gate()
        let deadline = ContinuousClock.now + duration
        let isPeer = server == .peer
        var source = Randomness(seed: seed)
        let clients = (0..<clientCount).map { number in
            let wire = processes[number % processes.count].wire
            return StormClient(number: number, wire: wire, isPeer: isPeer, seed: source.next())
        }
        async let collected = collect(until: deadline, collectors, gate, files)
        let ended = try await withThrowingTaskGroup(of: StormClient.self) { group in
            for client in clients {
                group.addTask {
                    var client = client
                    while ContinuousClock.now < deadline {
                        client = try await gate.through { [client] in
                            var client = client
                            try await client.step()
                            return client
                        }
                    }
                    try await client.pullAll()
                    return client
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var outcome = Outcome(collections: try await collected)
        var holdings = Holdings()
        for client in ended {
            outcome.account.add(client.account)
            holdings.add(client.holdings)
            let kept = untagged ? client.holdings.reachable : Set(client.holdings.manifests.keys)
            for key in kept {
                if let wrong = try await client.wrong(with: key.name, key.name, in: key.repository) {
                    outcome.lost.append("\(key.repository)@\(key.name): \(wrong)")
                }
            }
        }
        if collects, server == .registryd { try await judge(files, holdings, collectors, &outcome) }
        return outcome
    }

    /// Collects until a time. Before each run a grace period passes, at a moment when no client is in the middle of
    /// a push.
    private func collect(
        until deadline: ContinuousClock.Instant,
        _ collectors: [StormCollector],
        _ gate: Gate,
        _ files: StoreFiles
    ) async throws -> StormCollector.Sum {
        var sum = StormCollector.Sum()
        while collects, ContinuousClock.now < deadline {
            if server == .registryd {
                try await gate.closed { try files.letPass(seconds: StormCollector.grace + 5) }
            }
            try await collectors[sum.runs % collectors.count].collect(into: &sum)
        }
        return sum
    }

    /// Lets everything go that is over, and compares what is left with what is reachable.
    private func judge(
        _ files: StoreFiles,
        _ holdings: Holdings,
        _ collectors: [StormCollector],
        _ outcome: inout Outcome
    ) async throws {
        // The record of a deletion goes, then what only it kept, and then what only that referred to.
        for number in 0..<8 {
            try files.letPass(seconds: StormCollector.grace + 5)
            try await collectors[number % collectors.count].collect(into: &outcome.collections)
        }
        let kept = untagged ? holdings.reachable : Set(holdings.manifests.keys)
        let (expected, found) = (holdings.paths(of: kept), files.collectable())
        outcome.expected = expected.count
        outcome.missing = expected.subtracting(found)
        outcome.left = found.subtracting(expected)
    }
}
