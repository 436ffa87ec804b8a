internal import Synchronization

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
        var text: [UInt8] = []
        append(rfc3339: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The form of RFC 5322, for a mail: `02 Jan 2026 03:04:05 +0000`.
    var mail: String {
        var text: [UInt8] = []
        append(apache: &text)
        let parts = String(decoding: text, as: UTF8.self)
        let date = parts.prefix(11).split(separator: "/").joined(separator: " ")
        return "\(date) \(parts.dropFirst(12))"
    }

    /// Appends ``rfc3339``.
    func append(rfc3339 line: inout [UInt8]) {
        withRecent { line += $0.rfc3339 }
        if nanoseconds > 0 {
            line.append(UInt8(ascii: "."))
            line.append(nanoseconds, digits: 9)
            while line.last == UInt8(ascii: "0") { line.removeLast() }
        }
        line.append(UInt8(ascii: "Z"))
    }

    /// Appends the form of Apache's access log: `02/Jan/2026:03:04:05 +0000`.
    func append(apache line: inout [UInt8]) { withRecent { line += $0.apache } }

    /// A second's forms, without what follows it. Three times are written for each request, and thousands within a second.
    private struct Second {
        var number: Int
        var rfc3339: [UInt8] = []
        var apache: [UInt8] = []

        init(_ number: Int) {
            self.number = number
            var (seconds, parts) = (time_t(number), tm())
            gmtime_r(&seconds, &parts)
            rfc3339.append(Int(parts.tm_year) + 1900, digits: 4)
            rfc3339.append(UInt8(ascii: "-"))
            rfc3339.append(Int(parts.tm_mon) + 1, digits: 2)
            rfc3339.append(UInt8(ascii: "-"))
            rfc3339.append(Int(parts.tm_mday), digits: 2)
            rfc3339.append(UInt8(ascii: "T"))
            Self.append(clock: parts, to: &rfc3339)
            apache.append(Int(parts.tm_mday), digits: 2)
            apache.append(UInt8(ascii: "/"))
            apache += LogTime.months[Int(parts.tm_mon)].utf8
            apache.append(UInt8(ascii: "/"))
            apache.append(Int(parts.tm_year) + 1900, digits: 4)
            apache.append(UInt8(ascii: ":"))
            Self.append(clock: parts, to: &apache)
            apache += " +0000".utf8
        }

        private static func append(clock parts: tm, to text: inout [UInt8]) {
            text.append(Int(parts.tm_hour), digits: 2)
            text.append(UInt8(ascii: ":"))
            text.append(Int(parts.tm_min), digits: 2)
            text.append(UInt8(ascii: ":"))
            text.append(Int(parts.tm_sec), digits: 2)
        }
    }

    private static let last = Mutex(Second(0))

    /// Lends the forms: handed out, they would cost two reference counts each.
    private func withRecent(_ body: (borrowing Second) -> Void) {
        Self.last.withLock { last in
            if last.number != seconds { last = Second(seconds) }
            body(last)
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
