internal import CLibCrypt
internal import RegistryCore

/// A password's hash in the form of
/// [crypt(5), *bcrypt*](https://manpages.debian.org/bookworm/libcrypt-dev/crypt.5.en.html): `$2y$10$`, 22 characters
/// of salt, 31 of hash.
package struct BcryptHash: Sendable, Hashable {
    /// The costs that are taken. Above, one check takes minutes, and the line is more likely mistyped.
    package static let costs = 4...20

    /// The hash as it stands in a file.
    package let text: [UInt8]
    /// The binary logarithm of the number of rounds.
    package let cost: Int

    /// Takes a hash from a file.
    ///
    /// - Returns: `nil` when it is not bcrypt's `$2a$`, `$2b$` or `$2y$`, or its cost is out of bounds.
    package init?(_ text: some Collection<UInt8>) {
        let text = Array(text)
        guard text.count == 60, text.starts(with: "$2".utf8), "aby".utf8.contains(text[2]) else { return nil }
        let dollar = UInt8(ascii: "$")
        guard text[3] == dollar, text[6] == dollar, text[7...].allSatisfy(Self.isInAlphabet) else { return nil }
        guard let cost = Self.number(text[4], text[5]), Self.costs.contains(cost) else {
            return nil
        }
        self.text = text
        self.cost = cost
    }

    /// Makes the hash of a new password. It takes about 50 ms at cost 10, so not on an event loop.
    ///
    /// - Returns: `nil` when libcrypt can't.
    package init?(of password: [UInt8], cost: Int) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<16).map { _ in CChar(bitPattern: UInt8.random(in: .min ... .max, using: &generator)) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let made = crypt_gensalt_rn("$2y$", UInt(cost), random, Int32(random.count), &setting, Int32(setting.count))
        guard made != nil, let text = Self.crypt(password, setting: setting) else { return nil }
        self.init(text)
    }

    /// Work for a user who does not exist, so that his refusal takes as long as another's.
    package static func decoy(cost: Int) -> BcryptHash? {
        let cost = min(max(cost, costs.lowerBound), costs.upperBound)
        let filler = String(repeating: "O", count: 53)
        return BcryptHash("$2y$\(cost < 10 ? "0" : "")\(cost)$\(filler)".utf8)
    }

    /// Whether a password has this hash. It takes as long as the cost says, so not on an event loop.
    package func matches(_ password: [UInt8]) -> Bool {
        // A zero byte would end the password early.
        guard !password.contains(0), let found = Self.crypt(password, setting: text.map(CChar.init(bitPattern:)) + [0])
        else { return false }
        // The salt's last character has four spare bits, which libcrypt clears and other programs may have set.
        return found.count == text.count && constantTimeEqual(Array(found.suffix(31)), Array(text.suffix(31)))
    }

    private static func crypt(_ password: [UInt8], setting: [CChar]) -> [UInt8]? {
        // bcrypt reads no more than 72 bytes, and libcrypt refuses 512 where the replaced server cuts them off.
        let phrase = password.prefix(72).map(CChar.init(bitPattern:)) + [0]
        // 32 KiB, too much for the stack of a small thread; one for each call, since calls run side by side.
        let data = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<crypt_data>.size,
            alignment: MemoryLayout<crypt_data>.alignment
        )
        data.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<crypt_data>.size)
        defer { data.deallocate() }
        guard let found = crypt_r(phrase, setting, data.assumingMemoryBound(to: crypt_data.self)) else { return nil }
        // A failure is told by `*0` or `*1`, which has no hash's length.
        return Array(String(cString: found).utf8)
    }

    private static func number(_ tens: UInt8, _ ones: UInt8) -> Int? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard digits.contains(tens), digits.contains(ones) else { return nil }
        return Int(tens - digits.lowerBound) * 10 + Int(ones - digits.lowerBound)
    }

    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
