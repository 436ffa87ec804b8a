/// The lengths of contents by the fingerprints of their digests, by open addressing: 19 to 38 bytes for each.
///
/// Two contents can have one fingerprint, of which one is not counted then: with ten million of them the odds that there
/// are two such are one in 300,000. (A `Dictionary<Digest, Int64>` takes 110 to 220 bytes for each.)
struct SizeTable: Sendable {
    /// Zero is an empty slot.
    private var keys: [UInt64] = []
    private var sizes: [Int64] = []
    private(set) var count = 0
    /// The sum of all lengths.
    private(set) var total: Int64 = 0

    /// The memory that the slots take, in bytes.
    var byteCount: Int { keys.count * 16 }

    /// SipHash with this process's key: nobody can choose digests that collide.
    static func fingerprint(_ digest: Digest) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(digest)
        return max(1, UInt64(bitPattern: Int64(hasher.finalize())))
    }

    /// The length of a content; `nil` when it isn't here.
    subscript(key: UInt64) -> Int64? {
        guard !keys.isEmpty else { return nil }
        let place = keys.slot(of: key)
        return keys[place] == 0 ? nil : sizes[place]
    }

    /// Adds a content, unless it is here.
    mutating func insert(_ key: UInt64, size: Int64) {
        if (count + 1) * 7 > keys.count * 6 { grow() }
        let place = keys.slot(of: key)
        guard keys[place] == 0 else { return }
        (keys[place], sizes[place]) = (key, size)
        count += 1
        total += size
    }

    /// Adds all of another table.
    mutating func insert(_ other: SizeTable) {
        for place in other.keys.indices where other.keys[place] != 0 {
            insert(other.keys[place], size: other.sizes[place])
        }
    }

    private mutating func grow() {
        let (oldKeys, oldSizes) = (keys, sizes)
        let capacity = max(16, oldKeys.count * 2)
        keys = [UInt64](repeating: 0, count: capacity)
        sizes = [Int64](repeating: 0, count: capacity)
        for place in oldKeys.indices where oldKeys[place] != 0 {
            let new = keys.slot(of: oldKeys[place])
            (keys[new], sizes[new]) = (oldKeys[place], oldSizes[place])
        }
    }
}
