/// Numbers of bytes as people write them: `1048576`, `10GiB`, `500MB`, `1.5 TiB`.
public enum ByteSize {
    /// What a diagnostic says was expected.
    static let expected = "a number of bytes such as 10GiB, 500MB or 1048576"

    /// The bytes of a text: a number with at most three digits after a point, and a unit in any case; `kB`, `MB`, `GB`,
    /// `TB` and `PB` count by 1000, `KiB` to `PiB` by 1024.
    ///
    /// - Returns: `nil` when it is none, is not positive, or exceeds 64 bits.
    public static func bytes(parsing text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let factor = factors[unit] else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]) else { return nil }
        var (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
        if parts.count == 2 {
            // Half a byte is none.
            guard factor > 1, (1...3).contains(parts[1].count), let fraction = Int64(parts[1]) else { return nil }
            let scale: Int64 = [10, 100, 1000][parts[1].count - 1]
            let (sum, isTooMuch) = bytes.addingReportingOverflow(
                factor / scale * fraction + factor % scale * fraction / scale
            )
            (bytes, overflow) = (sum, overflow || isTooMuch)
        }
        return overflow || bytes <= 0 ? nil : bytes
    }

    private static let factors: [String: Int64] = {
        var factors: [String: Int64] = ["": 1, "b": 1]
        for (power, letter) in "kmgtp".enumerated() {
            factors["\(letter)b"] = (0...power).reduce(1) { product, _ in product * 1000 }
            factors["\(letter)ib"] = 1 << (10 * (power + 1))
        }
        return factors
    }()
}
