#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A moment as log lines have it. Not Foundation's, whose formatting is no use on a request's path.
struct LogTime: Sendable, Hashable {
    /// Seconds since 1970 (UTC).
    var seconds: Int
    /// And nanoseconds.
    var nanoseconds: Int

    /// The system's clock, now.
    @Sendable static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Go's RFC3339Nano in UTC: `2026-01-02T03:04:05.678901Z`, without zeros at the fraction's end.
    var rfc3339: String {
        let parts = calendar
        var text = "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1))-\(padded(parts.tm_mday))"
        text += "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
        if nanoseconds > 0 {
            var fraction = padded(nanoseconds, 9)[...]
            while fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
            text += ".\(fraction)"
        }
        return text + "Z"
    }

    /// The form of Apache's access log: `02/Jan/2026:03:04:05 +0000`.
    var apache: String {
        let parts = calendar
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(padded(parts.tm_mday))/\(months[Int(parts.tm_mon)])/\(Int(parts.tm_year) + 1900)"
            + ":\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)) +0000"
    }

    /// The form of RFC 5322, for a mail: `02 Jan 2026 03:04:05 +0000`.
    var mail: String {
        let parts = apache
        let date = parts.prefix(11).split(separator: "/").joined(separator: " ")
        return "\(date) \(parts.dropFirst(12))"
    }

    private var calendar: tm {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return parts
    }
}

private func padded(_ value: some BinaryInteger, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
