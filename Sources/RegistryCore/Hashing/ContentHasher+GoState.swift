import CLibCrypto

/// The state of a hash as Go's `crypto/sha256` and `crypto/sha512` write it (`encoding.BinaryMarshaler`).
///
/// The replaced server keeps such states in `_uploads/<id>/hashstates/<algorithm>/<offset>`; reading and writing the
/// same lets an upload pass between its replicas and ours. The form is a magic of four bytes, eight words of hash, one
/// block and the number of bytes so far, all big endian; the block's unused end is zero.
extension ContentHasher {
    /// The length of a state in bytes: 108 for SHA-256, 204 for SHA-384 and SHA-512.
    public static func goStateCount(of algorithm: DigestAlgorithm) -> Int {
        let layout = GoStateLayout(algorithm)
        return layout.magic.count + 8 * layout.wordCount + layout.blockCount + 8
    }

    /// The state, to be continued by ``init(_:goState:)`` or by Go.
    public var goState: [UInt8] {
        let layout = GoStateLayout(algorithm)
        var state = layout.magic
        state.reserveCapacity(Self.goStateCount(of: algorithm))
        let pending = Int(count % Int64(layout.blockCount))
        switch context {
        case .short(let context):
            withUnsafeBytes(of: context.h) { words in
                for word in words.bindMemory(to: UInt32.self) { append(word, to: &state) }
            }
            withUnsafeBytes(of: context.data) { state.append(contentsOf: $0.prefix(pending)) }
        case .long(let context):
            withUnsafeBytes(of: context.h) { words in
                for word in words.bindMemory(to: UInt64.self) { append(word, to: &state) }
            }
            withUnsafeBytes(of: context.u) { state.append(contentsOf: $0.prefix(pending)) }
        }
        state.append(contentsOf: repeatElement(0, count: layout.blockCount - pending))
        append(UInt64(count), to: &state)
        return state
    }

    /// Continues a hash from a state that ``goState`` or Go wrote.
    ///
    /// - Returns: `nil` when the state is not one of this algorithm's: another length or magic, a length of content
    ///   that the algorithm can't have, or bytes in the block's unused end.
    public init?(_ algorithm: DigestAlgorithm, goState state: some Collection<UInt8>) {
        let layout = GoStateLayout(algorithm)
        guard state.count == Self.goStateCount(of: algorithm), state.starts(with: layout.magic) else { return nil }
        let bytes = Array(state)
        let words = layout.magic.count
        let block = words + 8 * layout.wordCount
        let length = Self.word(in: bytes, at: block + layout.blockCount, count: 8)
        // A length is hashed in bits, so it has to leave three bits free.
        guard length < 1 << 60 else { return nil }
        let pending = Int(length % UInt64(layout.blockCount))
        guard bytes[(block + pending)..<(block + layout.blockCount)].allSatisfy({ $0 == 0 }) else { return nil }
        self.init(algorithm)
        let hash = (0..<8).map { Self.word(in: bytes, at: words + $0 * layout.wordCount, count: layout.wordCount) }
        restore(hash: hash, pending: bytes[block..<(block + pending)], length: length)
    }

    /// Puts a state's parts into the context of a fresh hash.
    private mutating func restore(hash: [UInt64], pending: ArraySlice<UInt8>, length: UInt64) {
        switch context {
        case .short(var context):
            withUnsafeMutableBytes(of: &context.h) { words in
                let words = words.bindMemory(to: UInt32.self)
                for index in words.indices { words[index] = UInt32(truncatingIfNeeded: hash[index]) }
            }
            withUnsafeMutableBytes(of: &context.data) { $0.copyBytes(from: pending) }
            context.setLength(length)
            context.num = UInt32(pending.count)
            self = ContentHasher(algorithm, context: .short(context), count: Int64(length))
        case .long(var context):
            withUnsafeMutableBytes(of: &context.h) { words in
                let words = words.bindMemory(to: UInt64.self)
                for index in words.indices { words[index] = hash[index] }
            }
            withUnsafeMutableBytes(of: &context.u) { $0.copyBytes(from: pending) }
            context.Nl = length << 3
            context.Nh = 0
            context.num = UInt32(pending.count)
            self = ContentHasher(algorithm, context: .long(context), count: Int64(length))
        }
    }

    private func append(_ word: some FixedWidthInteger, to state: inout [UInt8]) {
        withUnsafeBytes(of: word.bigEndian) { state.append(contentsOf: $0) }
    }

    private static func word(in bytes: [UInt8], at start: Int, count: Int) -> UInt64 {
        bytes[start..<(start + count)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The sizes of a state's parts.
private struct GoStateLayout {
    var magic: [UInt8]
    var wordCount: Int
    var blockCount: Int

    init(_ algorithm: DigestAlgorithm) {
        switch algorithm {
        case .sha256: (magic, wordCount, blockCount) = (Array("sha\u{3}".utf8), 4, 64)
        case .sha384: (magic, wordCount, blockCount) = (Array("sha\u{4}".utf8), 8, 128)
        case .sha512: (magic, wordCount, blockCount) = (Array("sha\u{7}".utf8), 8, 128)
        }
    }
}
