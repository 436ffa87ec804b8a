import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("A retention run")
struct RetentionRunTests {
    typealias Policy = PolicySample

    /// Runs a body with a store in memory, or on a disk.
    private func withStore(onDisk: Bool, _ body: (RetainedStore) async throws -> Void) async throws {
        guard onDisk else { return try await body(RetainedStore()) }
        try await withScratchFolder { folder in
            try await body(RetainedStore(on: FilesystemDriver(root: folder, threadPool: .singleton)))
        }
    }

    @Test("removes what no condition keeps; a dry run says the same and changes nothing", arguments: [false, true])
    func run(onDisk: Bool) async throws {
        try await withStore(onDisk: onDisk) { store in
            for tag in ["pr-1", "pr-2", "v1"] { try await store.push(tag) }
            try await store.push("pr-1", to: "other")
            // A disk stamps by its own clock, which is a little later.
            store.clock.advance(40 * 86_400 + 600)
            let rule = try Policy.rule("pr-*", in: "a", newerThan: 30)
            let before = try await store.own.objects()
            let dry = try await store.retain(rule) { $0.isDryRun = true }
            #expect(
                dry.outcomes.map(\.line).sorted() == [
                    "remove a:pr-1: rule 'r'; set 40 days ago, not within 30 days",
                    "remove a:pr-2: rule 'r'; set 40 days ago, not within 30 days",
                ]
            )
            #expect(try await store.own.objects() == before)
            #expect(dry.summary.tagsRemoved == 2 && dry.summary.tags == 3 && dry.summary.repositories == 1)

            let run = try await store.retain(rule)
            #expect(run.outcomes.map(\.action) == [.removed, .removed])
            #expect(run.summary.tagsRemoved == 2 && run.summary.tagsKept == 1 && run.summary.tagsWithoutRule == 1)
            #expect(try await store.tags() == ["v1"])
            #expect(try await store.tags(of: "other") == ["pr-1"])
            // Nothing is left of the tags, nor of their removal.
            let left = try await store.own.objects().filter { $0.contains("/pr-") || $0.contains("retention/taken") }
            #expect(left.allSatisfy { $0.hasPrefix("repositories/other") })
            #expect(try await store.own.registry.lastRetention() == run.summary.started)
        }
    }

    @Test("counts the newest over all pages, and removes a thousand tags")
    func many() async throws {
        let store = RetainedStore()
        try await store.push("t0")
        let (image, name) = (CollectedStore.image(["one", "one layer"]), try CollectedStore.name("a"))
        for number in 1..<1200 {
            store.clock.advance(1)
            try await store.other.putManifest(image, tag: "t\(number)", to: name)
        }
        store.advance(days: 2)
        let run = try await store.retain(Policy.rule("*", last: 3))
        #expect(run.summary.tagsRemoved == 1197 && run.summary.tagsKept == 3)
        #expect(try await store.tags() == ["t1197", "t1198", "t1199"])
        // So many at once can be restored.
        #expect(try await store.own.registry.deletions().map(\.names.count) == [500, 500, 197])
    }

    @Test("what is more than a run may remove goes in the next")
    func mostRemovals() async throws {
        let store = RetainedStore()
        for tag in ["a", "b", "c"] { try await store.push(tag) }
        store.advance(days: 2)
        let rule = try Policy.rule("*", newerThan: 1)
        let first = try await store.retain(rule) { $0.mostRemovals = 2 }
        #expect(first.summary.tagsRemoved == 2 && first.summary.problemCount == 1)
        #expect(try await store.retain(rule).summary.tagsRemoved == 1)
    }

    @Test("what a policy removed can be restored, and was set then")
    func restored() async throws {
        let store = RetainedStore()
        let digest = try await store.push("1")
        store.advance(days: 2)
        let rule = try Policy.rule("*", newerThan: 1)
        #expect(try await store.retain(rule).summary.tagsRemoved == 1)
        store.clock.advance(60)
        _ = try await store.own.registry.restore(.tag(CollectedStore.tag("1"), in: CollectedStore.name("a")))
        #expect(try await store.digest(of: "1") == digest)
        let again = try await store.retain(rule)
        #expect(again.outcomes.map(\.line) == ["keep a:1: set 0 seconds ago, within 1 day (rule 'r')"])
    }

    @Test("a tag that a rule makes immutable is kept")
    func immutable() async throws {
        let store = RetainedStore()
        for tag in ["v1", "w1"] { try await store.push(tag) }
        store.advance(days: 2)
        var options = store.own.registry.options
        options.immutability = [
            ImmutabilityRule(
                name: "releases",
                repositories: [try #require(RepositoryPattern("*"))],
                tags: [try #require(TagPattern("v*"))]
            )
        ]
        let summary = try await store.own.registry.with(options: options).retain([Policy.rule("*", newerThan: 1)])
        #expect(summary.tagsRemoved == 1 && summary.tagsKept == 1)
        #expect(try await store.tags() == ["v1"])
    }

    @Test("a repository of which something can't be read is left alone, and the others are not")
    func unreadable() async throws {
        let store = RetainedStore()
        for name in ["a", "b", "c"] {
            try await store.push("1", to: name)
            try await store.push("2", to: name)
        }
        store.advance(days: 2)
        store.driver.inject(.init(.content, .fail(.failed), pathSuffix: "b/_manifests/tags/2/current/link"))
        let run = try await store.retain(Policy.rule("*", newerThan: 1))
        store.driver.heal()
        #expect(run.summary.repositoriesLeft == 1 && run.summary.tagsRemoved == 4)
        #expect(run.summary.problems.first?.hasPrefix("b is left alone") == true)
        #expect(try await store.tags(of: "b") == ["1", "2"])
    }

    @Test("only repositories in its scope are looked at, and such a run is not the schedule's")
    func scope() async throws {
        let store = RetainedStore()
        for name in ["a", "b"] { try await store.push("1", to: name) }
        store.advance(days: 2)
        _ = try await store.retain(Policy.rule("*", newerThan: 1)) {
            $0.scope = { $0.description == "b" }
            $0.isNoted = false
        }
        #expect(try await store.tags(of: "a") == ["1"])
        #expect(try await store.tags(of: "b").isEmpty)
        #expect(try await store.own.registry.lastRetention() == nil)
    }

    @Test("in read-only mode it does nothing but a dry run, and ends when the mode comes meanwhile")
    func readOnly() async throws {
        let store = RetainedStore(readOnly: true)
        try await store.push("1")
        store.advance(days: 2)
        let rule = try Policy.rule("*", newerThan: 1)
        await #expect(throws: RegistryError(.unsupported)) { try await store.retain(rule) }
        #expect(try await store.retain(rule) { $0.isDryRun = true }.summary.tagsRemoved == 1)
        let writable = RetainedStore()
        try await writable.push("1")
        writable.advance(days: 2)
        await #expect(throws: RegistryError(.unsupported)) {
            try await writable.retain(rule) { $0.mayChange = { false } }
        }
        #expect(try await writable.tags() == ["1"])
    }

    @Test("a tag that is pulled between the decision and the removal is left")
    func pulledMeanwhile() async throws {
        let store = RetainedStore()
        let digest = try await store.push("1")
        _ = try await store.own.registry.flush(store.recorder)
        store.advance(days: 2)
        // The history is looked at when a tag is about to go, and not before.
        store.driver.inject(
            .init(
                .metadata,
                .run { try? await store.pull("1") },
                pathSuffix: "tags/1/index/sha256/\(digest.hex)/link",
                times: 1
            )
        )
        let run = try await store.retain(Policy.rule("*", newerThan: 1))
        #expect(run.outcomes.map(\.action) == [.left] && run.summary.tagsLeft == 1)
        #expect(try await store.tags() == ["1"])
    }

    @Test("a pointer that a crash left aside comes back in the next run")
    func crash() async throws {
        let store = RetainedStore()
        let digest = try await store.push("1")
        store.advance(days: 2)
        store.driver.inject(.init(.content, .fail(.failed), pathSuffix: "a/_tags/1"))
        #expect(try await store.retain(Policy.rule("*", newerThan: 1)).summary.repositoriesLeft == 1)
        store.driver.heal()
        #expect(try await store.tags().isEmpty)
        #expect(try await store.retain(Policy.rule("*", all: true)).summary.tagsKept == 1)
        #expect(try await store.digest(of: "1") == digest)
        #expect(try await store.own.objects().allSatisfy { !$0.contains("retention/taken") })
    }

    @Test("a deletion that a policy made is told as any other")
    func events() async throws {
        let heard = HeardEvents()
        let clock = MovedClock()
        var options = Registry.Options()
        options.allowsDeletion = true
        let store = CollectedStore(
            Registry(
                driver: MemoryDriver(clock: { clock.now }),
                options: options,
                events: CombinedSink([PullRecorder(), heard]),
                now: { clock.now }
            ),
            clock: clock
        )
        try await store.pushImage(["a", "b"], tag: "1", to: CollectedStore.name("a"))
        clock.advance(2 * 86_400)
        _ = try await store.registry.retain([Policy.rule("*", newerThan: 1)])
        let deletions = heard.events.withLock { $0 }.filter { $0.action == .delete }
        #expect(deletions.map { "\($0.repository):\($0.tag?.description ?? "")" } == ["a:1"])
    }
}

private final class HeardEvents: EventSink {
    let events = Mutex<[RegistryEvent]>([])

    func record(_ event: RegistryEvent) { events.withLock { $0.append(event) } }
}
