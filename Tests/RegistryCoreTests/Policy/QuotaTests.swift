import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Quotas")
struct QuotaTests {
    private static let freshness = Duration.seconds(3600)

    private func store(
        _ driver: any StorageDriver = MemoryDriver(),
        bytes: Int64? = nil,
        blob: Int64? = nil,
        freshness: Duration = Self.freshness
    ) throws -> RuledRegistry {
        let rule = try QuotaRule.of("team", "team/**", bytes: bytes, blob: blob)
        return RuledRegistry(on: driver) { options in
            options.quotas = [rule]
            options.quotaFreshness = freshness
        }
    }

    private func text(_ number: Int) -> String { "\(1_000_000 + number)" + String(repeating: "x", count: 993) }

    @Test("the repositories of a rule share one budget, in which the same content counts once")
    func shared() async throws {
        let store = try store(bytes: 2500)
        let first = try await store.pushBlob(text(1), to: "team/a")
        try await store.pushBlob(text(1), to: "team/b")
        try await store.pushBlob(text(2), to: "team/b")
        let error = try #require(try await refusal { try await store.pushBlob(text(3), to: "team/c") })
        #expect(error.code == .denied && error.status == 403)
        #expect(
            error.message == "the quota 'team' (registryd.policy.quotas) has no room for this in team/c: 1.9 KiB of "
                + "2.4 KiB are used, and it needs at least 1000 bytes more"
        )
        // What is counted can be pushed and mounted, and others have nothing to do with it.
        try await store.pushBlob(text(2), to: "team/c")
        #expect(try await store.mount(first, from: "team/a", to: "team/c"))
        let other = try await store.pushBlob(text(3), to: "other")
        #expect(try await refusal { _ = try await store.mount(other, from: "other", to: "team/a") }?.code == .denied)
        #expect(store.used == 2000)
        #expect(try await store.counted() == 2000)
    }

    @Test("manifests count, and are refused when they don't fit")
    func manifests() async throws {
        let size = Int64(CollectedStore.image(["configuration"], note: "a").readableBytes)
        let store = try store(bytes: 13 + size)
        try await store.pushBlob("configuration", to: "team/a")
        try await store.putImage("a", as: "1", to: "team/a")
        #expect(try await refusal { try await store.putImage("b", as: "2", to: "team/a") }?.code == .denied)
        #expect(try await store.target(of: "2", in: "team/a") == nil)
        try await store.putImage("a", as: "2", to: "team/a")
        #expect(try await store.counted() == 13 + size)
    }

    @Test("of many pushes at once as many are accepted as fit, while counts go on all the time")
    func concurrent() async throws {
        let store = try store(bytes: 10_500)
        let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<20 { _ = try await store.counted() }
                    return false
                }
            }
            for number in 0..<40 {
                group.addTask {
                    try await refusal { try await store.pushBlob(text(number), to: "team/a\(number % 3)") } == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 10)
        #expect(store.used == 10_000)
        #expect(try await store.counted() == 10_000)
    }

    @Test("a deletion, and the deletion of a repository, makes room at once")
    func deletion() async throws {
        let store = try store(bytes: 1500)
        let blob = try await store.pushBlob(text(1), to: "team/a")
        #expect(try await refusal { try await store.pushBlob(text(2), to: "team/a") } != nil)
        try await store.delete(blob, from: "team/a")
        try await store.pushBlob(text(2), to: "team/a")
        try await store.registry.driver.put(
            ByteBuffer(string: "x"),
            at: StoreLayout.repository(try CollectedStore.name("team/a")).appending("_manifests/tags/x")
        )
        #expect(try await refusal { try await store.pushBlob(text(3), to: "team/b") } != nil)
        _ = try await store.registry.deleteRepository(try CollectedStore.name("team/a"))
        try await store.pushBlob(text(3), to: "team/b")
        #expect(try await store.counted() == 1000)
    }

    @Test("what a collection takes away makes room, and is not counted any more")
    func collection() async throws {
        let store = try store(bytes: 1500)
        try await store.pushBlob(text(1), to: "team/a")
        #expect(try await refusal { try await store.pushBlob(text(2), to: "team/a") } != nil)
        var options = CollectionOptions()
        options.grace = 0
        _ = try await store.registry.collect(options)
        try await store.pushBlob(text(2), to: "team/a")
        #expect(try await store.counted() == 1000)
    }

    @Test("after a restart the store is counted before anything is accepted or refused")
    func restart() async throws {
        let driver = MemoryDriver()
        try await RuledRegistry(on: driver).pushBlob(text(1), to: "team/a")
        let full = try store(driver, bytes: 1500)
        #expect(full.used == nil)
        #expect(try await refusal { try await full.pushBlob(text(2), to: "team/a") }?.code == .denied)
        #expect(full.used == 1000)
        // A rule with another limit and the same repositories need not be counted again.
        let rule = try QuotaRule.of("larger", "team/**", bytes: 2500)
        let larger = full.with { $0.quotas = [rule] }
        #expect(larger.used == 1000)
        try await larger.pushBlob(text(2), to: "team/a")
    }

    @Test("what another replica took is known after a count, and what it deleted before anything is refused by it")
    func replicas() async throws {
        let driver = MemoryDriver()
        let one = try store(driver, bytes: 2500)
        let other = try store(driver, bytes: 2500, freshness: .zero)
        #expect(try await one.counted() == 0)
        #expect(try await other.counted() == 0)
        let blob = try await other.pushBlob(text(1), to: "team/a")
        try await other.pushBlob(text(2), to: "team/b")
        // Until then both may fill it.
        try await one.pushBlob(text(3), to: "team/c")
        #expect(try await one.counted() == 3000)
        #expect(try await refusal { try await one.pushBlob(text(4), to: "team/c") }?.code == .denied)
        let anew = one.with { $0.quotaFreshness = .zero }
        #expect(try await refusal { try await anew.pushBlob(text(4), to: "team/c") }?.code == .denied)
        try await other.delete(blob, from: "team/a")
        #expect(try await refusal { try await anew.pushBlob("4", to: "team/c") } == nil)
    }

    @Test("where the store can't be counted, the first pushes go on, and nothing is refused by an old count")
    func uncountable() async throws {
        let driver = FaultyDriver(MemoryDriver())
        let store = try store(driver, bytes: 1500, freshness: .zero)
        driver.inject(.init(.list, .fail(.failed), pathSuffix: "/repositories"))
        try await store.pushBlob(text(1), to: "team/a")
        #expect(store.used == nil)
        driver.heal()
        #expect(try await store.counted() == 1000)
        driver.inject(.init(.list, .fail(.failed), pathSuffix: "/repositories"))
        let error = try #require(try await refusal { try await store.pushBlob(text(2), to: "team/a") })
        #expect(error.code == .unavailable && error.status == 503)
        #expect(error.message.contains("quota 'team'"))
        driver.heal()
        #expect(try await refusal { try await store.pushBlob(text(2), to: "team/a") }?.code == .denied)
    }

    @Test("a count that takes longer than a request may wait is not waited for")
    func slow() async throws {
        let driver = FaultyDriver(MemoryDriver())
        try await RuledRegistry(on: driver).pushBlob(text(9), to: "team/b")
        let slow = try store(driver, bytes: 1500).with { $0.quotaWait = .milliseconds(10) }
        // A call that ends only when nobody waits for it any more.
        driver.inject(.init(.list, .run { try? await Task.sleep(for: .seconds(3600)) }, pathSuffix: "/repositories"))
        let name = try CollectedStore.name("team/a")
        let upload = try await slow.registry.beginUpload(in: name)
        #expect(slow.used == nil)
        // The first request has waited; the next ones don't, and count nothing.
        let calls = driver.calls(of: .list)
        try await slow.registry.finishUpload(
            upload.id,
            appending: .of(ByteBuffer(string: text(1))),
            expecting: CollectedStore.digest(text(1)),
            in: name
        )
        #expect(slow.used == nil)
        #expect(driver.calls(of: .list) == calls)
        driver.heal()
        #expect(try await slow.counted() == 2000)
    }

    @Test("a push that fails gives its room back, and its upload can go on")
    func failure() async throws {
        let driver = FaultyDriver(MemoryDriver())
        let store = try store(driver, bytes: 1500)
        driver.inject(.init(.put, .fail(.unavailable), pathSuffix: "/data"))
        await #expect(throws: StorageError.self) { try await store.pushBlob(text(1), to: "team/a") }
        driver.heal()
        try await store.pushBlob(text(2), to: "team/a")
        #expect(try await store.counted() == 1000)
    }

    @Test("an upload ends, and what it took goes, as soon as it can't become a blob", arguments: [true, false])
    func ended(byBlob: Bool) async throws {
        let store = try store(bytes: byBlob ? nil : 1500, blob: byBlob ? 1500 : nil)
        let name = try CollectedStore.name("team/a")
        let upload = try await store.registry.beginUpload(in: name)
        _ = try await store.registry.append(.of(ByteBuffer(string: text(1))), to: upload.id, in: name)
        let error = try await refusal {
            _ = try await store.registry.append(.of(ByteBuffer(string: text(2))), to: upload.id, in: name)
        }
        #expect(error?.code == .denied && error?.status == (byBlob ? 413 : 403))
        let after = try await refusal { _ = try await store.registry.uploadStatus(upload.id, in: name) }
        #expect(after?.code == .blobUploadUnknown)
        #expect(try await store.registry.driver.exists(at: StoreLayout.upload(upload.id, in: name)) == false)
    }

    @Test("a length that is announced is refused before the first byte is asked for")
    func announced() async throws {
        let store = try store(blob: 1500)
        let name = try CollectedStore.name("team/a")
        let upload = try await store.registry.beginUpload(in: name)
        let source = ContentSource(length: 1501) {
            Issue.record("asked for bytes")
            return nil
        }
        let error = try await refusal { _ = try await store.registry.append(source, to: upload.id, in: name) }
        #expect(error?.status == 413)
    }

    @Test("who keeps quotas counted counts at once, and again when it is wanted, until it is cancelled")
    func kept() async throws {
        let driver = MemoryDriver()
        let store = try store(driver, bytes: 1500)
        let other = RuledRegistry(on: driver)
        try await other.pushBlob(text(1), to: "team/a")
        let (reports, report) = AsyncStream<Bool>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let rules = store.registry.options.quotas
                await store.registry.keepQuotasCounted(every: .seconds(3600), { rules }) { report.yield($0 == nil) }
            }
            var counts = reports.makeAsyncIterator()
            #expect(await counts.next() == true)
            #expect(store.used == 1000)
            _ = try? await other.pushBlob(text(2), to: "team/a")
            store.registry.wantQuotaCount()
            #expect(await counts.next() == true)
            #expect(store.used == 2000)
            group.cancelAll()
        }
    }

    @Test("a rule without a budget counts nothing")
    func blobOnly() async throws {
        let store = try store(blob: 1000)
        try await store.pushBlob(text(1), to: "team/a")
        let large = try await store.pushBlob(text(1) + "x", to: "other")
        #expect(try await refusal { _ = try await store.mount(large, from: "other", to: "team/a") }?.status == 413)
        #expect(store.registry.quotaUsage(of: store.registry.options.quotas).isEmpty)
    }
}
