/// How a long piece of work stands that an operator follows: a collection, a retention run. One at a time goes on.
public struct RunStatus<Summary: Sendable>: Sendable {
    /// Whether it is running.
    public private(set) var isRunning = false
    /// What it did so far, or had done at its end.
    public internal(set) var summary: Summary
    /// Why it ended early; `nil` when it didn't.
    public private(set) var failure: String?
    /// What it told, a line for each thing, from ``firstLine`` on; the oldest are dropped when there are too many.
    public private(set) var lines: [String] = []
    /// The number of the first of ``lines``.
    public private(set) var firstLine = 0
    /// Whether more lines follow these.
    public private(set) var hasMoreLines = false

    private let lineLimit: Int

    /// - Parameters:
    ///   - summary: one of nothing done.
    ///   - lineLimit: the most lines that are kept.
    init(_ summary: Summary, lineLimit: Int) {
        self.summary = summary
        self.lineLimit = lineLimit
    }

    /// The status with lines from one on, and no more than some of them.
    func from(_ line: Int, atMost limit: Int) -> RunStatus {
        var status = self
        let known = max(0, min(line - firstLine, lines.count))
        status.lines = Array(lines.dropFirst(known).prefix(limit))
        status.firstLine += known
        status.hasMoreLines = known + status.lines.count < lines.count
        return status
    }

    /// Begins a run, with nothing of the one before.
    ///
    /// - Parameter summary: one of nothing done.
    /// - Returns: whether it begins; `false` while another one goes on.
    mutating func begin(_ summary: Summary) -> Bool {
        guard !isRunning else { return false }
        self = RunStatus(summary, lineLimit: lineLimit)
        isRunning = true
        return true
    }

    mutating func append(_ line: String) {
        lines.append(line)
        let excess = lines.count - lineLimit
        // Not one by one: it moves all that stay.
        guard excess > lineLimit / 10 else { return }
        lines.removeFirst(excess)
        firstLine += excess
    }

    /// Ends the run.
    ///
    /// - Parameters:
    ///   - summary: what it did; `nil` leaves what is known.
    ///   - failure: why it ended early.
    mutating func end(_ summary: Summary?, failure: String?) {
        if let summary { self.summary = summary }
        self.failure = failure
        isRunning = false
    }
}
