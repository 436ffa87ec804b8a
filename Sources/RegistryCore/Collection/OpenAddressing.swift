/// Slots of fingerprints by open addressing: how many is a power of two, and zero is an empty one.
extension [UInt64] {
    /// Where a fingerprint is, or would be. One slot at least is empty.
    func slot(of fingerprint: UInt64) -> Int {
        let mask = count - 1
        var place = Int(truncatingIfNeeded: fingerprint) & mask
        while self[place] != 0, self[place] != fingerprint { place = (place + 1) & mask }
        return place
    }
}
