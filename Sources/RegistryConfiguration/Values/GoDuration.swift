/// Durations as Go writes them: `1h30m`, `1.5s`, `300ms`.
enum GoDuration {
    /// Nanoseconds of a text in Go's syntax; `nil` when it doesn't follow the syntax or exceeds 64 bits.
    static func nanoseconds(parsing text: String) -> Int64? {
        var rest = Substring(text)
        var negative = false
        if let first = rest.first, first == "+" || first == "-" {
            negative = first == "-"
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let term = term(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(term)
            if overflow { return nil }
            total = sum
        }
        return negative ? -total : total
    }

    /// Reads one number with its unit.
    private static func term(_ rest: inout Substring) -> Int64? {
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(whole.count)
        var fraction = Substring()
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let unitName = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
        rest = rest.dropFirst(unitName.count)
        guard let unit = unit(unitName), let count = whole.isEmpty ? 0 : Int64(whole) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        // Nineteen digits are past the last nanosecond of an hour, and more would not fit a double's range checks.
        let part = fraction.isEmpty ? 0 : (Double("0." + fraction.prefix(19)) ?? 0) * Double(unit)
        let (sum, overflowOfSum) = product.addingReportingOverflow(Int64(part.rounded(.down)))
        return overflow || overflowOfSum ? nil : sum
    }

    private static func unit(_ name: Substring) -> Int64? {
        switch name {
        case "ns": 1
        case "us", "\u{B5}s", "\u{3BC}s": 1000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    /// The shortest text in Go's syntax, with the zero parts left out: `168h`, `1h30m`, `250ms`.
    static func text(nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "0s" }
        var rest = nanoseconds.magnitude
        var text = nanoseconds < 0 ? "-" : ""
        let units: [(String, UInt64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
            ("ns", 1),
        ]
        for (name, unit) in units where rest >= unit {
            text += "\(rest / unit)\(name)"
            rest %= unit
        }
        return text
    }
}
