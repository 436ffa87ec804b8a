internal import CHashPair
import CLibCrypto

extension ContentHasher {
    /// Whether this processor hashes two contents by turns faster than one after the other, as uploads of about 1 MiB are that
    /// wait at the same time (SHA-256 by the SHA extensions of x86-64).
    public static let canPair = registryd_can_hash_pair()

    /// What is hashed at once by SHA-256, in bytes.
    static let blockCount = Int(SHA256_CBLOCK)

    /// How many bytes are missing until the hash stands between two such blocks.
    var bytesToBlockEnd: Int { (Self.blockCount - Int(count % Int64(Self.blockCount))) % Self.blockCount }

    /// Hashes the whole blocks that two contents both have.
    ///
    /// - Returns: how many bytes of each were hashed. 0 where they can't be: the processor has no instructions for it, an
    ///   algorithm is not SHA-256, a hash stands within a block, or a content has no whole one.
    static func updateByTurns(
        _ first: inout ContentHasher,
        with content: UnsafeRawBufferPointer,
        _ second: inout ContentHasher,
        with otherContent: UnsafeRawBufferPointer
    ) -> Int {
        let blocks = min(content.count, otherContent.count) / blockCount
        guard canPair, blocks > 0,
            case .short(var state) = first.context, state.num == 0,
            case .short(var otherState) = second.context, otherState.num == 0,
            let bytes = content.assumingMemoryBound(to: UInt8.self).baseAddress,
            let otherBytes = otherContent.assumingMemoryBound(to: UInt8.self).baseAddress
        else { return 0 }
        withUnsafeMutablePointer(to: &state.h) { words in
            withUnsafeMutablePointer(to: &otherState.h) { otherWords in
                words.withMemoryRebound(to: UInt32.self, capacity: 8) { words in
                    otherWords.withMemoryRebound(to: UInt32.self, capacity: 8) { otherWords in
                        registryd_hash_pair(words, bytes, otherWords, otherBytes, blocks)
                    }
                }
            }
        }
        first.pass(blocks * blockCount, to: state)
        second.pass(blocks * blockCount, to: otherState)
        return blocks * blockCount
    }

    /// Stands at a state that has hashed so many bytes more, whole blocks.
    private mutating func pass(_ byteCount: Int, to state: SHA256_CTX) {
        let count = count + Int64(byteCount)
        var state = state
        state.setLength(UInt64(count))
        self = ContentHasher(algorithm, context: .short(state), count: count)
    }
}
