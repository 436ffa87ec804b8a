import NIOCore
import NIOPosix
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("A repository that is deleted whole")
struct DeletedRepositoryTests {
    private let store = CollectedStore()
    private let a: RepositoryName
    private let nested: RepositoryName

    init() throws {
        a = try CollectedStore.name("team")
        nested = try CollectedStore.name("team/inner")
    }

    @Test("is gone at once, keeps its content until its time is over, and can be restored until then")
    func restored() async throws {
        let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushImage(["other"], tag: "t", to: nested)
        let before = try await store.objects()
        let deleted = try await store.registry.deleteRepository(a)
        #expect(deleted.name == a)
        #expect(try await store.registry.repositories(limit: 10).items == [nested])
        #expect(try await !store.hasManifest(image, in: a))
        #expect(try await !store.has(CollectedStore.digest("layer"), in: a))
        #expect(try await store.registry.deletedRepositories() == [deleted])

        try await store.collectAll(untagged: true)
        #expect(try await store.blobs().count == 5)
        #expect(try await store.registry.restoreRepository(deleted.id) == a)
        #expect(try await store.hasManifest(image, in: a))
        #expect(try await store.has(CollectedStore.digest("layer"), in: a))
        #expect(try await store.registry.deletedRepositories().isEmpty)
        #expect(
            try await store.objects().filter { !$0.hasPrefix("_registryd") }
                == before.filter { !$0.hasPrefix("_registryd") }
        )
        #expect(try await store.registry.restoreRepository(deleted.id) == nil)
    }

    @Test("frees what only it referred to when its time is over")
    func expired() async throws {
        try await store.pushImage(["config", "shared"], tag: "t", to: a)
        try await store.pushImage(["shared"], tag: "t", to: nested)
        let deleted = try await store.registry.deleteRepository(a)
        store.clock.advance(604_802)
        #expect(try await store.collect().trashRemoved == 1)
        #expect(try await store.registry.restoreRepository(deleted.id) == nil)
        try await store.collectAll()
        #expect(try await store.blobs().count == 2)
    }

    @Test("leaves tags alone that were pushed again before it is restored")
    func pushedAgain() async throws {
        let old = try await store.pushImage(["old"], tag: "t", to: a)
        let kept = try await store.pushImage(["kept"], tag: "k", to: a)
        let deleted = try await store.registry.deleteRepository(a)
        let new = try await store.pushImage(["new"], tag: "t", to: a)
        try await store.registry.restoreRepository(deleted.id)
        #expect(try await store.registry.digest(of: .tag(CollectedStore.tag("t")), in: a) == new)
        #expect(try await store.registry.digest(of: .tag(CollectedStore.tag("k")), in: a) == kept)
        #expect(try await store.hasManifest(old, in: a))
    }

    @Test("that is not there, or where deletion is not enabled, is refused")
    func refused() async throws {
        await #expect(throws: RegistryError(.nameUnknown)) { try await store.registry.deleteRepository(a) }
        try await store.pushImage(["x"], tag: "t", to: a)
        await #expect(throws: RegistryError(.unsupported)) {
            try await Registry(driver: store.driver).deleteRepository(a)
        }
    }

    @Test("stopped between any two calls of the driver, is deleted or restored by the next attempt")
    func stopped() async throws {
        var stop = 0
        var hasEnded = false
        while !hasEnded {
            let clock = MovedClock()
            let faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
            let store = CollectedStore(on: faulty, clock: clock)
            let image = try await store.pushImage(["config", "layer"], tag: "t", to: a)
            faulty.inject(.init(nil, .fail(.failed), skipping: stop))
            hasEnded = true
            do {
                let deleted = try await store.registry.deleteRepository(a)
                try await store.registry.restoreRepository(deleted.id)
            } catch { hasEnded = false }
            faulty.heal()
            // Whatever was done, nothing is lost to a collection.
            try await store.collectAll(untagged: true)
            for deleted in try await store.registry.deletedRepositories() {
                try await store.registry.restoreRepository(deleted.id)
            }
            #expect(try await store.hasManifest(image, in: a), "stopped after \(stop) calls")
            #expect(try await store.has(CollectedStore.digest("layer"), in: a), "stopped after \(stop) calls")
            stop += 3
        }
        #expect(stop > 20)
    }
}

@Suite("A collection on a file system")
struct CollectionFolderTests {
    @Test("leaves no empty folders and no empty repositories behind")
    func emptyFolders() async throws {
        let a = try CollectedStore.name("team/a")
        let b = try CollectedStore.name("team/b")
        try await withScratchFolder { folder in
            let driver = FilesystemDriver(root: folder, threadPool: .singleton)
            let store = CollectedStore(on: driver, clock: MovedClock())
            try await store.pushImage(["kept"], tag: "t", to: a)
            let gone = try await store.pushImage(["gone"], tag: "t", to: b)
            try await store.registry.deleteManifest(gone, in: b)
            #expect(try await store.registry.repositories(limit: 10).items == [a, b])
            try await store.collectAll()
            #expect(try await store.registry.repositories(limit: 10).items == [a])
            #expect(try await !driver.exists(at: StoreLayout.repository(b)))
            #expect(try await driver.exists(at: StoreLayout.repository(a)))
            #expect(try await store.blobs().count == 2)
            #expect(try await !driver.exists(at: StoreLayout.blobData(gone).parent ?? .root))
            #expect(
                try await !driver.exists(at: StoreLayout.quarantine.appending("repositories/team/b/_layers/sha256"))
            )
        }
    }

    @Test("moves an object once, and removes a folder only when it is empty")
    func driverCalls() async throws {
        try await withScratchFolder { folder in
            for driver in [
                FilesystemDriver(root: folder, threadPool: .singleton) as any StorageDriver, MemoryDriver(),
            ] {
                let (from, target) = (StoragePath.root.appending("a/b/c"), StoragePath.root.appending("x/y/z"))
                try await driver.put(ByteBuffer(string: "content"), at: from)
                #expect(try await !driver.removeIfEmpty(from.parent ?? .root))
                try await driver.put(ByteBuffer(string: "other"), at: target)
                try await driver.move(from: from, to: target)
                #expect(try await String(buffer: driver.content(at: target, limit: 100)) == "content")
                #expect(try await !driver.exists(at: from))
                await #expect(throws: StorageError(.notFound, at: from)) {
                    try await driver.move(from: from, to: target)
                }
                _ = try await driver.removeIfEmpty(from.parent ?? .root)
                #expect(try await !driver.exists(at: from.parent ?? .root))
                #expect(try await !driver.removeIfEmpty(StoragePath.root.appending("nowhere")))
            }
        }
    }
}
