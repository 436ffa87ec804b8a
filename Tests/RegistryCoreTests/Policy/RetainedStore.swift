import NIOCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

/// A store with tags in it, whose retention is tested: one process that removes tags, another that pushes.
struct RetainedStore: Sendable {
    let driver: FaultyDriver
    let clock: MovedClock
    let recorder: PullRecorder
    /// The process that removes tags, and hears of the pulls that it serves.
    let own: CollectedStore
    /// Another process on the same store.
    let other: CollectedStore

    init(on base: (any StorageDriver)? = nil, readOnly: Bool = false) {
        let clock = MovedClock()
        let driver = FaultyDriver(base ?? MemoryDriver(clock: { clock.now }))
        let recorder = PullRecorder(now: { clock.now })
        var options = Registry.Options()
        options.allowsDeletion = true
        options.isReadOnly = readOnly
        self.driver = driver
        self.clock = clock
        self.recorder = recorder
        own = CollectedStore(
            Registry(driver: driver, options: options, events: recorder, now: { clock.now }),
            clock: clock
        )
        other = CollectedStore(on: driver, clock: clock)
    }

    func advance(days: Int64) { clock.advance(days * 86_400) }

    /// Pushes an image by a tag.
    @discardableResult
    func push(_ tag: String, _ content: String = "one", to name: String = "a") async throws -> Digest {
        try await other.pushImage([content, content + " layer"], tag: tag, to: CollectedStore.name(name))
    }

    func pull(_ reference: String, from name: String = "a", method: String? = nil) async throws {
        let reference: Reference = try Digest(reference).map { .digest($0) } ?? .tag(CollectedStore.tag(reference))
        _ = try await own.registry.acting(as: RequestOrigin(method: method))
            .manifest(reference, in: CollectedStore.name(name))
    }

    func tags(of name: String = "a") async throws -> [String] {
        try await own.registry.tags(in: CollectedStore.name(name)).items.map(\.description)
    }

    func digest(of tag: String, in name: String = "a") async throws -> Digest? {
        try await own.registry.digest(of: .tag(CollectedStore.tag(tag)), in: CollectedStore.name(name))
    }

    /// Applies rules, and tells what became of each tag.
    func retain(
        _ rules: RetentionRule...,
        change: (inout RetentionOptions) -> Void = { _ in }
    ) async throws -> (summary: RetentionSummary, outcomes: [RetentionOutcome]) {
        var options = RetentionOptions()
        options.pulls = recorder
        change(&options)
        let outcomes = Outcomes()
        let summary = try await own.registry.retain(rules, options) { event in
            if case .tag(let outcome) = event { outcomes.list.withLock { $0.append(outcome) } }
        }
        return (summary, outcomes.list.withLock { $0 })
    }

    private final class Outcomes: Sendable {
        let list = Mutex<[RetentionOutcome]>([])
    }
}
