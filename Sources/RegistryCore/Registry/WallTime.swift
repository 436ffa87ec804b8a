#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A moment in seconds since 1970 (UTC), as the store records it.
public struct WallTime: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int64

    /// Makes a moment.
    public init(seconds: Int64) { self.seconds = seconds }

    /// The system's clock, now.
    @Sendable public static func now() -> WallTime { WallTime(seconds: Int64(time(nil))) }

    /// Orders moments.
    public static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }

    /// The form of RFC 3339 in UTC with whole seconds: `2026-01-02T03:04:05Z`.
    public var rfc3339: String {
        let (days, second) = seconds.dividedFloor(by: 86_400)
        let (year, month, day) = Self.civil(fromDays: days)
        if (0..<10_000).contains(year) {
            return String(unsafeUninitializedCapacity: 20) { buffer in
                var end = 0
                func append(_ value: Int64, _ width: Int, _ after: Unicode.Scalar) {
                    var rest = value
                    for position in stride(from: width - 1, through: 0, by: -1) {
                        buffer[end + position] = UInt8(ascii: "0") + UInt8(rest % 10)
                        rest /= 10
                    }
                    buffer[end + width] = UInt8(ascii: after)
                    end += width + 1
                }
                append(year, 4, "-")
                append(month, 2, "-")
                append(day, 2, "T")
                append(second / 3600, 2, ":")
                append(second / 60 % 60, 2, ":")
                append(second % 60, 2, "Z")
                return end
            }
        }
        func padded(_ value: Int64, _ width: Int = 2) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month))-\(padded(day))"
            + "T\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))Z"
    }

    /// Parses the form of RFC 3339, with a fraction of a second and an offset if need be; the fraction is dropped.
    public init?(rfc3339 text: some StringProtocol) {
        var fields = [Int64]()
        let separators: [UInt8] = Array("--T::".utf8)
        var rest = Array(text.utf8)[...]
        for position in 0..<6 {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard digits.count == (position == 0 ? 4 : 2), let value = Int64(String(decoding: digits, as: UTF8.self))
            else { return nil }
            fields.append(value)
            rest = rest[digits.endIndex...]
            if position < 5 {
                guard rest.first == separators[position] else { return nil }
                rest = rest.dropFirst()
            }
        }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !fraction.isEmpty else { return nil }
            rest = rest[fraction.endIndex...]
        }
        guard let offset = Self.offset(String(decoding: rest, as: UTF8.self)[...]), (1...12).contains(fields[1]),
            (1...31).contains(fields[2]),
            fields[3] < 24, fields[4] < 60, fields[5] <= 60
        else { return nil }
        let days = Self.days(fromYear: fields[0], month: fields[1], day: fields[2])
        // A day that its month does not have is another month's day.
        guard Self.civil(fromDays: days) == (fields[0], fields[1], fields[2]) else { return nil }
        seconds = days * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5] - offset
    }

    /// An offset from UTC in seconds: `Z` or `+01:30`.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        guard let sign = text.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.first != UInt8(ascii: "+") }),
            let hours = Int64(parts[0]), let minutes = Int64(parts[1])
        else { return nil }
        guard (0..<24).contains(hours), (0..<60).contains(minutes) else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "+") ? 1 : -1)
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01 (H. Hinnant, *chrono-compatible low-level date
    /// algorithms*). The calendar of Foundation would be the only use of Foundation in this library.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).dividedFloor(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).dividedFloor(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    /// The quotient rounded down, and the remainder, which is never negative.
    fileprivate func dividedFloor(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
