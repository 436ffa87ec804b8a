/// A set of 64-bit fingerprints by open addressing: 9 to 19 bytes for each, and no pointer.
///
/// Two things can have one fingerprint. Who asks is then told that the one is there because the other is; with ten
/// million of them that happens once in 10¹² questions. For marks that is harmless: garbage is kept. What was inserted
/// is never denied. (`Set<UInt64>` takes 16 to 32 bytes, and moves all of them at once when it grows.)
struct FingerprintTable: Sendable {
    /// Zero is an empty slot.
    private var slots: [UInt64] = []
    private(set) var count = 0

    /// The memory that the slots take, in bytes.
    var byteCount: Int { slots.count * 8 }

    /// All of them, in no order; what was inserted as zero is 1.
    var fingerprints: [UInt64] { slots.filter { $0 != 0 } }

    /// Adds a fingerprint.
    ///
    /// - Returns: whether it was new.
    @discardableResult
    mutating func insert(_ fingerprint: UInt64) -> Bool {
        if (count + 1) * 7 > slots.count * 6 { grow() }
        let value = max(fingerprint, 1)
        let place = slots.slot(of: value)
        guard slots[place] == 0 else { return false }
        slots[place] = value
        count += 1
        return true
    }

    func contains(_ fingerprint: UInt64) -> Bool {
        guard !slots.isEmpty else { return false }
        return slots[slots.slot(of: max(fingerprint, 1))] != 0
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(16, old.count * 2))
        for value in old where value != 0 { slots[slots.slot(of: value)] = value }
    }
}
