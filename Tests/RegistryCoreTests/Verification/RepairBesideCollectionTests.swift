import NIOCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("A repair beside a collection")
struct RepairBesideCollectionTests {
    /// A store with something of each kind: kept, to be collected, in quarantine, and broken.
    private struct Bench {
        let faulty: FaultyDriver
        let store: CollectedStore
        let a: RepositoryName
        let kept: Digest
        let old: Digest
        let late: Digest
        let referrer: Digest

        var tag: RegistryCore.Tag { get throws { try CollectedStore.tag("led") } }

        init() async throws {
            let clock = MovedClock()
            faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
            store = CollectedStore(on: faulty, clock: clock)
            a = try CollectedStore.name("team/app")
            kept = try await store.pushImage(["config", "layer"], tag: "kept", to: a)
            referrer = try await store.pushImage(["signature"], tag: "sig", subject: kept, to: a)
            old = try await store.pushImage(["old config", "old layer"], tag: "led", to: a)
            late = try await store.pushImage(["late config", "layer"], to: a)
            try await store.pushBlob("loose", to: a)
            clock.advance(CollectedStore.grace + 2)
            // In quarantine: an untagged manifest, a loose blob, and their links.
            try await store.collect(untagged: true)
            try await store.pushBlob("looser", to: a)
            // A tag that leads nowhere, whose history leads to a manifest that no other tag leads to.
            let nothing = "sha256:" + String(repeating: "0", count: 64)
            try await put(nothing, at: StoreLayout.tagCurrentLink(tag, in: a))
            // What a crash of the replaced server leaves: links without content.
            try await put("", at: StoreLayout.layerLink(CollectedStore.digest("layer"), in: a))
            try await put("", at: StoreLayout.revisionLink(kept, in: a))
            try await faulty.delete(at: StoreLayout.referrer(referrer, of: kept, in: a))
            try await put("broken", at: StoreLayout.blobData(CollectedStore.digest("looser")))
        }

        private func put(_ text: String, at path: StoragePath) async throws {
            try await faulty.put(ByteBuffer(string: text), at: path)
        }

        func repair() async throws -> VerificationReport {
            var options = VerificationOptions()
            options.repairs = true
            options.concurrency = 1
            return try await store.registry.verify(options)
        }

        /// A run a grace period after the last one: what is not needed is taken away, and what was taken is removed.
        func collect() async throws {
            store.clock.advance(CollectedStore.grace + 2)
            try await store.collect(untagged: true) { $0.concurrency = 1 }
        }

        /// Expects that what is needed is there and that the rest is as the two would have left it.
        func judge(_ comment: Comment) async throws {
            // What a run in the middle could not know, a second pass finds; it finds nothing that is lost.
            _ = try await repair()
            let report = try await store.registry.verify()
            #expect(report.verdict == .sound, "\(comment)\n\(report.text)")
            for (tag, digest) in [("kept", kept), ("led", old), ("sig", referrer)] {
                let tag = try CollectedStore.tag(tag)
                let manifest = try? await store.registry.manifest(.tag(tag), in: a)
                #expect(manifest?.digest == digest, comment)
            }
            for text in ["config", "layer", "old config", "old layer", "signature"] {
                #expect(try await store.has(CollectedStore.digest(text), in: a), comment)
            }
            let listed = try await store.registry.referrers(of: kept, in: a, limit: 5)
            #expect(listed.items.map(\.digest) == [referrer], comment)
        }
    }

    /// Runs one piece of work once for each of its calls of the driver, with another right before the call.
    private func interrupting(
        _ work: @escaping @Sendable (Bench) async throws -> Void,
        by action: @escaping @Sendable (Bench) async throws -> Void
    ) async throws {
        for call in 0..<5000 {
            let bench = try await Bench()
            let outcome = Mutex<(hasRun: Bool, failure: (any Error)?)>((false, nil))
            let run: @Sendable () async -> Void = {
                guard outcome.withLock({ !$0.hasRun }) else { return }
                outcome.withLock { $0.hasRun = true }
                do { try await action(bench) } catch { outcome.withLock { $0.failure = error } }
            }
            bench.faulty.inject(.init(nil, .run(run), skipping: call, times: 1))
            try await work(bench)
            bench.faulty.heal()
            let (hasRun, failure) = outcome.withLock { $0 }
            guard hasRun else {
                #expect(call > 50)
                return
            }
            #expect(failure == nil, "call \(call)")
            try await bench.judge("call \(call)")
        }
        Issue.record("it makes too many calls")
    }

    @Test("takes nothing for lost that a collection has in quarantine, whenever that runs")
    func collectionInRepair() async throws {
        try await interrupting { bench in
            let report = try await bench.repair()
            let lost = report.findings.filter {
                $0.problem == .missingContent || $0.problem == .brokenManifest || $0.problem == .unreadable
            }
            #expect(lost.isEmpty, "\(report.text)")
        } by: { bench in
            try await bench.collect()
        }
    }

    @Test("loses nothing to the collection that it comes in between, wherever that is")
    func repairInCollection() async throws {
        try await interrupting { bench in
            try await bench.collect()
        } by: { bench in
            _ = try await bench.repair()
        }
    }

    @Test("reads what is in quarantine, and does not let come back what is broken there")
    func brokenInQuarantine() async throws {
        let store = CollectedStore()
        let a = try CollectedStore.name("team/app")
        let digest = try await store.pushBlob("loose", to: a)
        store.clock.advance(CollectedStore.grace + 2)
        try await store.collect()
        let held = try #require(try await store.quarantined().first { $0.contains("/blobs/") })
        let path = StoragePath.root.appending("docker/registry/v2/\(held)")
        try await store.driver.put(ByteBuffer(string: "lOOse"), at: path)
        let found = try await store.registry.verify()
        #expect(found.of(.brokenBlob).map(\.path) == [path] && found.verdict == .damaged)
        var options = VerificationOptions()
        options.repairs = true
        #expect(try await store.registry.verify(options).verdict == .repaired)
        #expect(try await store.registry.verify().verdict == .sound)
        #expect(try await !store.has(digest, in: a))
    }
}
