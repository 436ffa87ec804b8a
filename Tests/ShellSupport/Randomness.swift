/// A generator whose numbers follow from its seed alone, so that a run can be repeated and content made again from a
/// number (SplitMix64, Steele et al. 2014).
public struct Randomness: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator whose numbers follow from the seed.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// True so often of a hundred.
    public mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Content that is made again from two numbers instead of being kept.
public struct Content: Sendable, Hashable {
    /// What the bytes follow from.
    public let seed: UInt64
    /// How many there are.
    public let size: Int

    /// Content of a size, whose bytes follow from the seed.
    public init(seed: UInt64, size: Int) {
        self.seed = seed
        self.size = size
    }

    /// The bytes, made anew.
    public var bytes: [UInt8] {
        var random = Randomness(seed: seed)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count + 8 <= size {
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: random.next(),
                    toByteOffset: count,
                    as: UInt64.self
                )
                count += 8
            }
            while count < size {
                buffer[count] = UInt8(truncatingIfNeeded: random.next())
                count += 1
            }
        }
    }

    /// Mostly small, sometimes a few pieces of a server's buffers, rarely megabytes.
    public static func random(using random: inout Randomness) -> Content {
        let limit = random.chance(70) ? 4_000 : random.chance(85) ? 400_000 : 3_000_000
        return Content(seed: random.next(), size: Int.random(in: 1...limit, using: &random))
    }
}
