import NIOCore
import RegistryStorage
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("What a collection writes down of itself")
struct CheckpointTests {
    private let clock = MovedClock()
    private let faulty: FaultyDriver
    private let store: CollectedStore
    private let a: RepositoryName
    private let b: RepositoryName

    init() throws {
        let clock = clock
        faulty = FaultyDriver(MemoryDriver(clock: { clock.now }))
        store = CollectedStore(on: faulty, clock: clock)
        a = try CollectedStore.name("a")
        b = try CollectedStore.name("b")
    }

    /// Leaves a checkpoint after the repository `a`.
    private func stop() async throws -> CollectionCheckpoint {
        try await store.pushImage(["config", "layer"], tag: "t", to: a)
        try await store.pushImage(["other"], tag: "t", to: b)
        try await store.pushBlob("garbage", to: b)
        clock.advance(CollectedStore.grace + 2)
        faulty.inject(.init(.list, .fail(.failed), pathSuffix: "repositories/b/_manifests/revisions/sha256"))
        await #expect(throws: StorageError.self) {
            try await store.collect { $0.beCareful() }
        }
        faulty.heal()
        let content = try await faulty.content(at: StoreLayout.checkpointState, limit: 1 << 20)
        return try #require(CollectionCheckpoint(content))
    }

    /// Collects, and looks whether all is well and the checkpoint is gone.
    private func expectAnew(
        problems: Int,
        untagged: Bool = false,
        grace: Int64 = CollectedStore.grace
    ) async throws {
        let summary = try await store.collect(untagged: untagged, grace: grace)
        #expect(summary.resumed == nil && summary.phase == .done)
        #expect(summary.problemCount == problems)
        #expect(grace == 0 ? summary.blobsRemoved == 1 : summary.blobsQuarantined == 1)
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
        for text in ["config", "layer"] { #expect(try await store.has(CollectedStore.digest(text), in: a)) }
        #expect(try await store.has(CollectedStore.digest("other"), in: b))
    }

    @Test("can be read back")
    func codec() async throws {
        let written = try await stop()
        var changed = written
        changed.position = CollectionPosition(stage: .blobs, after: "ab")
        changed.moving = [a, b]
        changed.unkept = 7
        changed.summary.note("a \"problem\"")
        let read = try #require(CollectionCheckpoint(changed.content))
        #expect(read.position == changed.position && read.moving == [a, b] && read.unkept == 7)
        #expect(read.summary.problems == ["a \"problem\""] && read.summary.repositories == 1)
        #expect(read.marks == written.marks && read.hash == written.hash && read.began == written.began)
        #expect(written.position == CollectionPosition(stage: .marking, after: "a") && written.marks.blobs == 3)
    }

    @Test(
        "is written and read piece by piece, while the lease is renewed, and the marks take no more memory than before"
    )
    func pieces() async throws {
        var checkpoint = try await stop()
        let marks = MarkSet()
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<300_000 { marks.restore(generator.next()) }
        let checkpoints = CheckpointStore(driver: faulty)
        let (appended, read) = (faulty.calls(of: .append), faulty.calls(of: .read))
        var renewals = 0
        checkpoint.marks = try await checkpoints.write(marks, renewing: { renewals += 1 })
        #expect(faulty.calls(of: .append) - appended == 3 && renewals == 3)
        #expect(checkpoint.marks.count == 300_000)
        #expect(try await faulty.metadata(at: checkpoint.marks.path).size == 2_400_000)
        checkpoint.hash = marks.hash
        let restored = try #require(try await checkpoints.marks(of: checkpoint, renewing: { renewals += 1 }))
        #expect(faulty.calls(of: .read) - read == 3 && renewals == 6)
        #expect(restored.byteCount == marks.byteCount)
        for part in 0..<MarkSet.partCount {
            #expect(Set(restored.fingerprints(inPart: part)) == Set(marks.fingerprints(inPart: part)))
        }
    }

    enum Damage: CaseIterable {
        case cut, empty, noVersion, otherVersion, otherKey, badPlace
        case marksGone, marksCut, marksChanged, marksOfOthers
    }

    @Test("is not used when it is damaged or foreign, and removed", arguments: Damage.allCases)
    func damaged(damage: Damage) async throws {
        let checkpoint = try await stop()
        var text = String(buffer: checkpoint.content)
        let path = checkpoint.marks.path
        var marks = try await faulty.content(at: path, limit: 1 << 20)
        switch damage {
        case .cut: text = String(text.dropLast(20))
        case .empty: text = ""
        case .noVersion: text = text.replacing("\"version\":1,", with: "")
        case .otherVersion: text = text.replacing("\"version\":1,", with: "\"version\":2,")
        case .otherKey: text = text.replacing("\"key\":\"", with: "\"key\":\"x")
        case .badPlace: text = text.replacing("\"after\":\"a\"", with: "\"after\":\"a/../b\"")
        case .marksGone: try await faulty.delete(at: path)
        case .marksCut: marks = try #require(marks.getSlice(at: 0, length: marks.readableBytes - 8))
        case .marksChanged: marks.setInteger(UInt64(1), at: 8)
        case .marksOfOthers: marks = ByteBuffer(repeating: 7, count: marks.readableBytes)
        }
        if damage != .marksGone { try await faulty.put(marks, at: path) }
        try await faulty.put(ByteBuffer(string: text), at: StoreLayout.checkpointState)
        try await expectAnew(problems: 1)
    }

    @Test("is not used when it is older than the grace period, or from the future")
    func age() async throws {
        var checkpoint = try await stop()
        clock.advance(CollectedStore.grace + 1)
        try await expectAnew(problems: 0)
        checkpoint.began = WallTime(seconds: clock.now.seconds + 10)
        try await faulty.put(checkpoint.content, at: StoreLayout.checkpointState)
        #expect(try await store.collect().resumed == nil)
    }

    @Test("is not used without a grace period, which also removes it")
    func noGrace() async throws {
        _ = try await stop()
        try await expectAnew(problems: 0, grace: 0)
    }

    @Test("is not used with other options, which remove it")
    func otherOptions() async throws {
        _ = try await stop()
        try await expectAnew(problems: 0, untagged: true)
    }

    @Test("stays where it is beside a dry run, and a run over some repositories")
    func others() async throws {
        _ = try await stop()
        #expect(try await store.collect { $0.isDryRun = true }.resumed == nil)
        #expect(try await store.collect { $0.scope = { $0.description == "a" } }.resumed == nil)
        #expect(try await store.collect().resumed != nil)
    }

    @Test("and could not be removed is one more thing that is told, and the next run takes it for what it is")
    func leftOver() async throws {
        _ = try await stop()
        faulty.inject(.init(.delete, .fail(.failed), pathSuffix: "checkpoint/state"))
        let summary = try await store.collect()
        #expect(summary.resumed != nil && summary.phase == .done && summary.problemCount == 1)
        faulty.heal()
        #expect(try await store.collect().phase == .done)
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
    }

    @Test("leaves nothing of runs that were killed while they wrote")
    func halves() async throws {
        _ = try await stop()
        try await faulty.put(ByteBuffer(string: "half"), at: StoreLayout.growingMarks.appending("half"))
        try await faulty.put(ByteBuffer(string: "old"), at: StoreLayout.checkpointMarks.appending("old"))
        #expect(try await store.collect().resumed != nil)
        #expect(try await store.objects(below: "_registryd/collection/checkpoint").isEmpty)
    }

    @Test("goes on after any folder in the order of the walk, whether it is still there or not")
    func tree() async throws {
        for name in ["a", "a-b", "a/b", "a/b/c", "a/d", "b/e"] {
            try await store.pushBlob("blob", to: CollectedStore.name(name))
        }
        let order = ["a", "a/b", "a/b/c", "a/d", "a-b", "b/e"]
        func names(after last: String?) async throws -> [String] {
            var tree = RepositoryTree(faulty, below: StoreLayout.repositories, after: last)
            var names: [String] = []
            while let found = try await tree.next() { names.append(found.name) }
            return names
        }
        #expect(try await names(after: nil) == order)
        for (position, name) in order.enumerated() {
            #expect(try await names(after: name) == Array(order.dropFirst(position + 1)))
        }
        #expect(try await names(after: "a/c/gone") == ["a/d", "a-b", "b/e"])
        #expect(try await names(after: "z").isEmpty)
    }
}

@Suite("The hash of marks")
struct MarkHashTests {
    @Test("is the same for the same key, also when it was written down, and another for another key")
    func keys() throws {
        var generator = SeededGenerator(seed: 1)
        let (first, second) = (MarkHash(using: &generator), MarkHash(using: &generator))
        let again = try #require(MarkHash(first.text))
        #expect(again == first && first != second)
        #expect(MarkHash("") == nil && MarkHash(String(first.text.dropLast(40))) == nil)
        let long = String(repeating: "x", count: 300)
        for name in ["", "a", "team/a", "12345678", "123456789", long] {
            let digest = CollectedStore.digest(name)
            #expect(again.fingerprint(.layer, digest, name) == first.fingerprint(.layer, digest, name))
            #expect(second.fingerprint(.layer, digest, name) != first.fingerprint(.layer, digest, name))
        }
    }

    @Test("differs for every part of a mark: its kind, any bit of the digest, its algorithm, and the repository's name")
    func parts() throws {
        let hash = MarkHash()
        let bytes = [UInt8](repeating: 0, count: 64)
        var seen: Set<UInt64> = []
        var count = 0
        for algorithm in DigestAlgorithm.allCases {
            for bit in -1..<(algorithm.byteCount * 8) {
                var changed = Array(bytes.prefix(algorithm.byteCount))
                if bit >= 0 { changed[bit >> 3] = 1 << UInt8(bit & 7) }
                seen.insert(hash.fingerprint(.blob, try #require(Digest(algorithm, bytes: changed)), ""))
                count += 1
            }
        }
        let digest = CollectedStore.digest("blob")
        for kind in [MarkSet.Kind.layer, .revision] {
            for length in 0..<260 {
                seen.insert(hash.fingerprint(kind, digest, String(repeating: "\0", count: length)))
                seen.insert(hash.fingerprint(kind, digest, String(repeating: "a", count: length) + "b"))
                count += 2
            }
        }
        #expect(seen.count == count)
    }

    @Test("has no collision among a hundred thousand digests, and spreads them over the parts of the marks")
    func spread() throws {
        var generator = SeededGenerator(seed: 2)
        let hash = MarkHash(using: &generator)
        var seen: Set<UInt64> = []
        var parts = [Int](repeating: 0, count: MarkSet.partCount)
        var places = parts
        for _ in 0..<100_000 {
            let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
            let fingerprint = hash.fingerprint(.blob, try #require(Digest(.sha256, bytes: bytes)), "")
            seen.insert(fingerprint)
            parts[Int(fingerprint >> 56)] += 1
            places[Int(fingerprint & 255)] += 1
        }
        #expect(seen.count == 100_000)
        // 391 are expected in each, give or take 20: seven times that is never seen.
        for counts in [parts, places] { #expect(counts.allSatisfy { (251...531).contains($0) }) }
    }
}
