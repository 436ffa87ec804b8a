/// Hashes what is marked to 64 bits by a secret key that can be written down, so that another process goes on with the
/// marks: the key of `Hasher` can't be set.
///
/// It is multilinear hashing ([Lemire and Kaser](https://arxiv.org/abs/1202.4961)): the words of what is marked, each
/// times a random number of 128 bits, are added up, and the upper half of the sum is the hash. Two different marks have
/// one hash with the probability 2⁻⁶⁴ over the choice of the key, whatever they are; so nobody can choose digests or names
/// that collide, since the key is the store's secret. A collision only keeps garbage. With optimisation a blob takes 13 ns,
/// and a link in a repository with a name of 30 bytes 24 ns; `Hasher` takes 50 and 68 ns.
struct MarkHash: Sendable, Hashable {
    private static let kindAndDigestWords = 1 + 8
    /// For the name of a repository: more than a name can have, so that each word has a number of its own.
    private static let nameWords = 64
    private static let count = 1 + kindAndDigestWords + nameWords

    private let key: [UInt128]

    /// A new key.
    init(using generator: inout some RandomNumberGenerator) {
        key = (0..<Self.count).map { _ in UInt128(generator.next()) << 64 | UInt128(generator.next()) }
    }

    /// A new key, from the system's generator.
    init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// A key as it was written down (``text``); `nil` when it is none.
    init?(_ text: String) {
        let key = text.split(separator: " ").compactMap { UInt128($0, radix: 16) }
        guard key.count == Self.count else { return nil }
        self.key = key
    }

    /// The key, to be written down.
    var text: String { key.map { String($0, radix: 16) }.joined(separator: " ") }

    /// The hash of a mark.
    ///
    /// - Parameter repository: the repository's name; empty for a blob.
    func fingerprint(_ kind: MarkSet.Kind, _ digest: Digest, _ repository: String) -> UInt64 {
        var repository = repository
        return repository.withUTF8 { name in
            // The lengths are hashed as well, so that missing words are as good as zeros.
            let lengths = UInt64(digest.algorithm.byteCount) << 8 | UInt64(name.count) << 16
            return key.withUnsafeBufferPointer { key in
                var sum = key[0] &+ key[1] &* UInt128(UInt64(kind.rawValue) | lengths)
                for index in 0..<(digest.algorithm.byteCount >> 3) {
                    sum &+= key[2 + index] &* UInt128(digest.words[index])
                }
                let bytes = UnsafeRawBufferPointer(name)
                var offset = 0
                while offset < bytes.count {
                    var word: UInt64 = 0
                    if offset + 8 <= bytes.count {
                        word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                    } else {
                        for byte in bytes[offset...].reversed() { word = word << 8 | UInt64(byte) }
                    }
                    // A name of more than 512 bytes, which none has, would only collide more often.
                    sum &+= key[1 + Self.kindAndDigestWords + (offset >> 3) % Self.nameWords] &* UInt128(word)
                    offset += 8
                }
                return UInt64(truncatingIfNeeded: sum >> 64)
            }
        }
    }
}
