/// In which time pulls were recorded: since when, until when, and with which gaps.
///
/// What was not recorded must not count against a tag: a tag is as if it had been pulled when recording began, and time
/// in which no server recorded is as if it had not passed. A value; the store keeps it as text (``text``).
public struct PullRecording: Sendable, Hashable {
    /// Time in which nobody recorded.
    public struct Gap: Sendable, Hashable {
        /// Its beginning: the last sign of the one who had recorded.
        public var from: WallTime
        /// Its end: when somebody recorded again.
        public var to: WallTime
    }

    /// How often a server that records gives a sign, in seconds.
    public static let signInterval: Int64 = 300
    /// After how many seconds without a sign nobody is taken to record.
    public static let silence: Int64 = 900
    /// The most gaps that are kept; then recording begins anew with the end of the oldest.
    private static let mostGaps = 256

    /// When recording began.
    public private(set) var began: WallTime
    /// The last sign of a server that records.
    public private(set) var last: WallTime
    /// The gaps in between, oldest first.
    public private(set) var gaps: [Gap]

    /// Begins to record.
    public init(began: WallTime) {
        self.began = began
        last = began
        gaps = []
    }

    /// Notes that a server records now. A long silence before is a gap.
    ///
    /// - Returns: whether anything is worth writing down.
    public mutating func sign(at now: WallTime) -> Bool {
        guard now.seconds - last.seconds >= Self.signInterval else { return false }
        if now.seconds - last.seconds > Self.silence { gaps.append(Gap(from: last, to: now)) }
        while gaps.count > Self.mostGaps { began = max(began, gaps.removeFirst().to) }
        last = now
        return true
    }

    /// Counts everything as pulled at a time: what was pulled before is not known.
    public mutating func beginAnew(at time: WallTime) { began = max(began, time) }

    /// How many seconds of a span were recorded.
    public func recordedSeconds(from start: WallTime, to end: WallTime) -> Int64 {
        var seconds = max(0, end.seconds - start.seconds)
        var gaps = gaps
        if end.seconds - last.seconds > Self.silence { gaps.append(Gap(from: last, to: end)) }
        for gap in gaps {
            seconds -= max(0, min(gap.to, end).seconds - max(gap.from, start).seconds)
        }
        return max(0, seconds)
    }

    // MARK: As text

    /// A line for each fact: `began TIME`, `last TIME`, `gap TIME TIME`.
    public var text: String {
        let lines = gaps.map { "gap \($0.from.rfc3339) \($0.to.rfc3339)\n" }
        return "began \(began.rfc3339)\nlast \(last.rfc3339)\n" + lines.joined()
    }

    /// Reads ``text``; `nil` when it is not whole.
    public init?(_ text: String) {
        var (began, last): (WallTime?, WallTime?)
        gaps = []
        guard text.hasSuffix("\n") else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let times = words.dropFirst().compactMap { WallTime(rfc3339: $0) }
            guard times.count == words.count - 1 else { return nil }
            switch (words.first, times.count) {
            case ("began", 1): began = times[0]
            case ("last", 1): last = times[0]
            case ("gap", 2): gaps.append(Gap(from: times[0], to: times[1]))
            default: return nil
            }
        }
        guard let began, let last else { return nil }
        self.began = began
        self.last = last
    }
}
