import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("A retention run beside pushes of another process")
struct RetentionBesidePushTests {
    /// Runs once for each call of the driver, with an action of another process right before the call.
    private func interrupting(
        action: @escaping @Sendable (RetainedStore) async throws -> Void,
        judge: (RetainedStore, Comment) async throws -> Void
    ) async throws {
        for call in 0..<200 {
            let store = RetainedStore()
            try await store.push("1", "old")
            try await store.push("2", "old")
            store.advance(days: 40)
            let failure = Mutex<String?>(nil)
            let hasRun = Mutex(false)
            store.driver.inject(
                .init(
                    nil,
                    .run {
                        hasRun.withLock { $0 = true }
                        do { try await action(store) } catch { failure.withLock { $0 = "\(error)" } }
                    },
                    skipping: call,
                    times: 1
                )
            )
            let run = try await store.retain(PolicySample.rule("*", newerThan: 30))
            store.driver.heal()
            #expect(failure.withLock { $0 } == nil)
            guard hasRun.withLock({ $0 }) else {
                #expect(call > 15 && run.summary.tagsRemoved == 2)
                return
            }
            try await judge(store, "before call \(call)")
        }
        Issue.record("the run makes too many calls")
    }

    @Test("a push that is acknowledged at any moment is never undone", arguments: ["new", "old"])
    func push(content: String) async throws {
        try await interrupting { store in
            store.clock.advance(1)
            try await store.push("1", content)
        } judge: { store, comment in
            let expected = ContentHasher.digest(of: CollectedStore.image([content, content + " layer"]))
            #expect(try await store.digest(of: "1") == expected, comment)
            #expect(try await store.tags().contains("1"), comment)
            let names = try await store.own.objects()
            #expect(!names.contains { $0.contains("retention/taken") }, comment)
        }
    }

    @Test("a tag that is deleted at any moment does not come back")
    func delete() async throws {
        try await interrupting { store in
            do {
                try await store.other.registry.deleteTag(CollectedStore.tag("1"), in: CollectedStore.name("a"))
            } catch let error as RegistryError where error.code == .manifestUnknown {
                // The run was faster.
            }
        } judge: { store, comment in
            let left = try await store.tags()
            #expect(left.isEmpty, comment)
        }
    }
}
