import NIOCore
import RegistryTesting
import Testing

@testable import RegistryCore

@Suite("Hashing two contents at a time")
struct PairedHashingTests {
    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Content in buffers of any lengths, some of which are empty or begin behind bytes that were read.
    private static func content(_ random: inout SeededGenerator) -> [ByteBuffer] {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in
            let lengths = [0, 1, 63, 64, 65, 128, 4096, Int.random(in: 0...20_000, using: &random)]
            let skipped = Int.random(in: 0...3, using: &random)
            var part = ByteBuffer(bytes: bytes(skipped + (lengths.randomElement(using: &random) ?? 0), &random))
            part.moveReaderIndex(forwardBy: skipped)
            return part
        }
    }

    private static func hasher(_ random: inout SeededGenerator) -> ContentHasher {
        var hasher = ContentHasher(.sha256)
        if Bool.random(using: &random) { hasher.update(bytes(Int.random(in: 0...200, using: &random), &random)) }
        return hasher
    }

    @Test("by turns each hashes to what it does alone, and its state is the same", arguments: UInt64(0)..<200)
    func byTurns(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let contents = [Self.content(&random), Self.content(&random)]
        let hashers = [Self.hasher(&random), Self.hasher(&random)]
        var (first, second) = (UnhashedContent(contents[0]), UnhashedContent(contents[1]))
        var (hasher, otherHasher) = (hashers[0], hashers[1])
        UnhashedContent.hash(&first, with: &hasher, &second, with: &otherHasher)
        first.hash(with: &hasher)
        second.hash(with: &otherHasher)
        for (found, (before, content)) in zip([hasher, otherHasher], zip(hashers, contents)) {
            var alone = before
            for part in content { alone.update(part) }
            #expect(found.count == alone.count)
            #expect(found.digest() == alone.digest())
            #expect(found.goState == alone.goState)
        }
    }

    @Test("a count of bits that needs a second word is counted")
    func longCount() throws {
        var random = SeededGenerator(seed: 7)
        let block = ByteBuffer(bytes: Self.bytes(128, &random))
        // A hash of which another server has stored the state after 1 TiB.
        var state = ContentHasher(.sha256).goState
        state[state.count - 6] = 1
        let stored = try #require(ContentHasher(.sha256, goState: state))
        var (first, second) = (UnhashedContent([block]), UnhashedContent([block]))
        var (hasher, other) = (stored, ContentHasher(.sha256))
        UnhashedContent.hash(&first, with: &hasher, &second, with: &other)
        first.hash(with: &hasher)
        var alone = stored
        alone.update(block)
        #expect(hasher.count == (1 << 40) + 128)
        #expect(hasher.digest() == alone.digest())
    }

    @Test("whoever calls at the same time has the hash of his own content", arguments: [false, true])
    func concurrently(hasExecutor: Bool) async {
        let hashing = PairedHashing(on: hasExecutor ? OneThread() : nil)
        await withTaskGroup(of: Void.self) { tasks in
            for seed in UInt64(0)..<64 {
                tasks.addTask {
                    var random = SeededGenerator(seed: seed)
                    let content = Self.content(&random)
                    let other = seed.isMultiple(of: 3) ? ContentHasher(.sha512) : nil
                    let hashers = await hashing.hash(content, with: (ContentHasher(.canonical), other))
                    let whole = StoredContent(content, at: .root).content
                    #expect(hashers.canonical.digest() == ContentHasher.digest(of: whole))
                    let otherDigest = ContentHasher.digest(of: whole, algorithm: .sha512)
                    #expect(hashers.other?.digest() == (other == nil ? nil : otherDigest))
                }
            }
        }
    }
}
