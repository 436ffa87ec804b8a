internal import Logging
internal import Synchronization

/// Takes the lines of some levels aside to be mailed (`log.hooks` with the type `mail`).
///
/// A line is queued and never waits; when the queue is full, it is counted and left out, and the next mail says how many
/// were. A ``Mailer`` sends what is queued.
public final class MailHook: Sendable {
    private struct State {
        var lines: [LogLine] = []
        var leftOut = 0
    }

    private let levels: Set<String>
    private let capacity: Int
    private let state = Mutex(State())
    private let lostLines = Atomic<Int>(0)

    /// Makes a hook.
    ///
    /// - Parameters:
    ///   - levels: the levels by their names in the configuration: `panic`, `fatal`, `error`, `warn`, `info`, `debug`.
    ///     Others are ignored.
    ///   - capacity: how many lines may wait.
    public init(levels: [String], capacity: Int = 100) {
        self.levels = Set(levels.map { $0.lowercased() == "warn" ? "warning" : $0.lowercased() })
        self.capacity = capacity
    }

    /// How many lines were left out of mails.
    public var dropped: Int { lostLines.load(ordering: .relaxed) }

    func offer(_ line: LogLine) {
        guard levels.contains(line.level.logrusName) else { return }
        state.withLock { state in
            if state.lines.count < capacity {
                state.lines.append(line)
            } else {
                state.leftOut += 1
                lostLines.add(1, ordering: .relaxed)
            }
        }
    }

    /// Takes what waits, and how many lines were left out since the last time.
    func take() -> (lines: [LogLine], leftOut: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.lines, state.leftOut)
        }
    }

    /// Counts lines whose mail could not be sent.
    func lost(_ count: Int) { lostLines.add(count, ordering: .relaxed) }
}
