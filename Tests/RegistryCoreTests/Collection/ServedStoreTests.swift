import NIOCore
import RegistryStorage
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

/// Between a server and a collection that removes at once what nothing refers to, since nobody serves the store.
@Suite("A collection of a store that may be served")
struct ServedStoreTests {
    private let clock = MovedClock()
    private let faulty: FaultyDriver
    /// As the process sees it that collects.
    private let store: CollectedStore
    /// As the server's sees it.
    private let served: CollectedStore
    private let server = UploadID()

    init() {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
        served = CollectedStore(on: faulty, clock: clock)
    }

    private func announce() async throws { try await served.registry.announceServer(server, named: "host:1") }

    private func collect(
        reporting listener: (@Sendable (CollectionEvent) -> Void)? = nil
    ) async throws -> CollectionSummary {
        var options = CollectionOptions()
        options.grace = CollectedStore.grace
        options.removesAtOnceWhereUnserved = true
        return try await store.registry.collect(options, reporting: listener)
    }

    @Test("removes at once what nothing refers to where no server says that it is there", arguments: [true, false])
    func unserved(isDryRun: Bool) async throws {
        let name = try CollectedStore.name("a")
        try await announce()
        let garbage = try await served.pushBlob("garbage", to: name)
        try await served.registry.withdrawServer(server)
        var options = CollectionOptions()
        options.removesAtOnceWhereUnserved = true
        options.isDryRun = isDryRun
        let summary = try await store.registry.collect(options)
        #expect(summary.blobsRemoved == 1 && summary.blobsQuarantined == 0)
        #expect(try await store.blobs() == (isDryRun ? [garbage] : []))
    }

    @Test("leaves the grace period where one does, and says so")
    func isServed() async throws {
        let name = try CollectedStore.name("a")
        try await announce()
        try await served.pushBlob("garbage", to: name)
        clock.advance(10)
        let names = Mutex<[String]>([])
        let summary = try await collect { event in
            if case .served(let name, CollectedStore.grace) = event { names.withLock { $0.append(name) } }
        }
        #expect(summary.blobsRemoved == 0 && names.withLock { $0 } == ["host:1"])
        // It holds the store no longer alone than it took to look for servers.
        try await served.pushBlob("other", to: name)
    }

    @Test("ends when a server comes, which takes no pushes until then")
    func serverComes() async throws {
        let name = try CollectedStore.name("a")
        let image = try await store.pushImage(["config"], tag: "t", to: name)
        let (server, served) = (server, served)
        let refused = Mutex<[ErrorCode?]>([])
        // Once the first manifest is marked the server comes, and the collection goes no further by itself.
        faulty.inject(
            .init(
                .list,
                .run {
                    let first = await #expect(throws: RegistryError.self) {
                        try await served.registry.announceServer(server, named: "host:1")
                    }
                    let second = await #expect(throws: RegistryError.self) {
                        try await served.pushBlob("new", to: name)
                    }
                    refused.withLock { $0 = [first?.code, second?.code] }
                    try? await Task.sleep(for: .seconds(60))
                },
                pathSuffix: "blobs/sha256",
                times: 1
            )
        )
        await #expect(throws: CollectionError.served(by: "host:1")) { try await store.collect(grace: 0) }
        #expect(refused.withLock { $0 } == [.unavailable, .unavailable])
        clock.advance(1)
        let blob = try await served.pushBlob("new", to: name)
        #expect(try await served.has(blob, in: name))
        #expect(try await served.hasManifest(image, in: name))
        #expect(try await store.registry.lastCollection()?.contains("host:1") == true)
    }

    @Test("that was killed keeps a server from pushes for a minute")
    func killed() async throws {
        let name = try CollectedStore.name("a")
        let clock = clock
        _ = try await CollectionLease(faulty, holder: "dead", seconds: 300, isAlone: true, now: { clock.now })
        served.registry.expectServer(server, named: "host:1")
        for _ in 0..<3 {
            let error = await #expect(throws: RegistryError.self) { try await served.pushBlob("blob", to: name) }
            #expect(error?.code == .unavailable && error?.description.contains("dead") == true)
            // Pulls and deletions don't wait.
            #expect(try await !served.has(CollectedStore.digest("blob"), in: name))
            clock.advance(20)
        }
        try await served.pushBlob("blob", to: name)
    }

    @Test("a server says anew that it is there before it takes a push that others might not know of")
    func stale() async throws {
        let name = try CollectedStore.name("a")
        try await announce()
        let image = try await served.pushImage(["config"], tag: "t", to: name)
        clock.advance(50)
        try await served.pushBlob("layer", to: name)
        #expect(try await store.registry.presentServers().map(\.seen) == [clock.now])

        // On a full disk it can't, and a collection would take the store for unserved.
        clock.advance(50)
        faulty.inject(.init(.put, .fail(.noSpace), pathSuffix: server.description))
        await #expect(throws: StorageError(.noSpace, at: .root)) { try await served.pushBlob("other", to: name) }
        await #expect(throws: StorageError(.noSpace, at: .root)) {
            try await served.putManifest(CollectedStore.image(["config", "layer"]), tag: "u", to: name)
        }
        try await served.registry.deleteManifest(image, in: name)
        faulty.heal()
        try await served.pushBlob("other", to: name)
    }

    @Test("a push whose bytes take longer than a server's word counts is not acknowledged")
    func slowPush() async throws {
        let name = try CollectedStore.name("a")
        try await announce()
        let (clock, faulty, server) = (clock, faulty, server)
        let bytes = Mutex<ByteBuffer?>(ByteBuffer(string: "slow"))
        let source = ContentSource {
            let next = bytes.withLock { $0.take() }
            if next == nil {
                clock.advance(50)
                faulty.inject(.init(.put, .fail(.noSpace), pathSuffix: server.description))
            }
            return next
        }
        await #expect(throws: StorageError(.noSpace, at: .root)) {
            try await served.registry.pushBlob(source, expecting: CollectedStore.digest("slow"), in: name)
        }
        #expect(try await store.blobs().isEmpty)
    }

    @Test("keeps the grace period in a full store, where a server could not say that it is there")
    func full() async throws {
        let name = try CollectedStore.name("a")
        let blob = try await store.pushBlob("garbage", to: name)
        faulty.inject(.init(.putIfAbsent, .fail(.noSpace)))
        let summary = try await collect()
        #expect(summary.blobsRemoved == 0 && summary.problems.contains { $0.contains("grace period of 0") })
        #expect(try await store.has(blob, in: name))
        #expect(try await store.collect(grace: 0).blobsRemoved == 1)
    }
}
