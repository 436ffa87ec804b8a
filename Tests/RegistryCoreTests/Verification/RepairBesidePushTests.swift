import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("A repair beside a server that takes pushes")
struct RepairBesidePushTests {
    private let store: Store

    init() throws { store = try Store() }

    /// Each operation of the store at which something may come in between.
    static let moments: [(FaultyDriver.Operation, String)] = [
        (.open, "/data"), (.writer, "/data"), (.commit, ""), (.delete, "/link"), (.content, "/link"), (.put, "/link"),
        (.metadata, "/data"), (.metadata, "/link"), (.list, ""),
    ]

    /// Repairs once for each of the calls of an operation, with an action of another process right before the call.
    private func interrupting(
        _ operation: FaultyDriver.Operation,
        _ suffix: String,
        break damage: (Store) async throws -> Void,
        action: @escaping @Sendable (Store) async throws -> Void,
        judge: (Store, Comment) async throws -> Void
    ) async throws {
        for call in 0..<60 {
            let store = try Store()
            try await store.pushBlobs()
            try await store.pushManifest(store.manifest(1))
            try await store.pushManifest(store.manifest(2))
            try await damage(store)
            let box = Box()
            let before = store.driver.calls(of: operation)
            store.driver.inject(
                .init(
                    operation,
                    .run { await box.run { try await action(store) } },
                    pathSuffix: suffix,
                    skipping: call,
                    times: 1
                )
            )
            _ = try await store.verify(repairing: true)
            let comment: Comment = "\(operation) \(suffix) call \(call)"
            guard await box.hasRun else {
                #expect(store.driver.calls(of: operation) >= before)
                return
            }
            #expect(await box.failure == nil, comment)
            store.driver.heal()
            try await judge(store, comment)
        }
        Issue.record("the repair makes too many calls")
    }

    @Test("a blob whose push was acknowledged at any moment is there afterwards", arguments: moments)
    func blob(operation: FaultyDriver.Operation, suffix: String) async throws {
        for broken in ["", "a lay"] {
            try await interrupting(operation, suffix) { store in
                try await store.overwrite(StoreLayout.blobData(Store.digest(store.layer)), broken)
            } action: { store in
                try await store.push(store.layer)
            } judge: { store, comment in
                let blob = try? await store.registry.blob(Store.digest(store.layer), in: store.repository)
                let found = try await blob?.object.read(at: 0, count: 1 << 20)
                #expect(found == store.layer, comment)
                #expect(try await store.verify().verdict == .sound, comment)
            }
        }
    }

    @Test("a blob that nothing refers to and that is pushed at any moment is there afterwards", arguments: moments)
    func looseBlob(operation: FaultyDriver.Operation, suffix: String) async throws {
        let loose = ByteBuffer(string: "a loose blob")
        for damage in ["data", "link", "both"] {
            try await interrupting(operation, suffix) { store in
                try await store.push(loose)
                if damage != "link" { try await store.driver.delete(at: StoreLayout.blobData(Store.digest(loose))) }
                if damage != "data" { try await store.overwrite(store.layerLink(loose), "") }
            } action: { store in
                try await store.push(loose)
            } judge: { store, comment in
                let blob = try? await store.registry.blob(Store.digest(loose), in: store.repository)
                let found = try await blob?.object.read(at: 0, count: 1 << 20)
                #expect(found == loose, comment)
            }
        }
    }

    @Test("a tag that a push moved at any moment points to what was pushed", arguments: moments)
    func tag(operation: FaultyDriver.Operation, suffix: String) async throws {
        try await interrupting(operation, suffix) { store in
            try await store.overwrite(store.current, "")
        } action: { store in
            try await store.pushManifest(store.manifest(3))
        } judge: { store, comment in
            let digest = try await store.registry.digest(of: .tag(store.tag), in: store.repository)
            #expect(digest == Store.digest(store.manifest(3)), comment)
            #expect(try await store.verify().verdict == .sound, comment)
        }
    }

    @Test(
        "a tag whose history was empty and that a push made at any moment points to what was pushed",
        arguments: moments
    )
    func newTag(operation: FaultyDriver.Operation, suffix: String) async throws {
        let optionalTag: RegistryCore.Tag? = .init("new")
        let tag = try #require(optionalTag)
        try await interrupting(operation, suffix) { store in
            try await store.overwrite(StoreLayout.tagCurrentLink(tag, in: store.repository), "")
        } action: { store in
            try await store.pushManifest(store.manifest(3), as: .tag(tag))
        } judge: { store, comment in
            let digest = try await store.registry.digest(of: .tag(tag), in: store.repository)
            #expect(digest == Store.digest(store.manifest(3)), comment)
        }
    }

    @Test("a tag that was deleted at any moment does not come back", arguments: moments)
    func deletedTag(operation: FaultyDriver.Operation, suffix: String) async throws {
        try await interrupting(operation, suffix) { store in
            let gone = "sha256:" + String(repeating: "0", count: 64)
            try await store.overwrite(store.current, gone)
        } action: { store in
            try await store.registry.deleteTag(store.tag, in: store.repository)
        } judge: { store, comment in
            let digest = try await store.registry.digest(of: .tag(store.tag), in: store.repository)
            let tags = try await store.registry.tags(in: store.repository).items
            #expect(digest == nil && tags.isEmpty, comment)
        }
    }
}

/// Runs an action once and keeps how it ended.
private actor Box {
    private(set) var hasRun = false
    private(set) var failure: (any Error)?

    func run(_ action: @Sendable () async throws -> Void) async {
        guard !hasRun else { return }
        hasRun = true
        do { try await action() } catch { failure = error }
    }
}
