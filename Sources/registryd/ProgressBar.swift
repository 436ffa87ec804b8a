import Foundation
import Synchronization

/// How far a long verb is, on standard error: a bar on a terminal, a line now and then elsewhere.
final class ProgressBar: Sendable {
    private let isQuiet: Bool
    private let isTerminal = isatty(2) == 1
    private let started = ContinuousClock.now
    private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// Shows a state, no more often than is worth it.
    ///
    /// - Parameters:
    ///   - part: how much is done, from 0 to 1; `nil` when that isn't known.
    ///   - text: what is told of it.
    func show(_ part: Double?, _ text: @autoclosure () -> String) {
        guard !isQuiet, isDue() else { return }
        var line = text()
        if let part, part > 0.01 {
            let elapsed = (ContinuousClock.now - started) / .seconds(1)
            line += ", \(Int((elapsed / part - elapsed).rounded(.up))) s left"
        }
        if isTerminal {
            let filled = String(repeating: "#", count: Int((part ?? 0) * 30))
            write("\r[\(filled.padding(toLength: 30, withPad: ".", startingAt: 0))] \(line)\u{1B}[K")
        } else {
            write(line + "\n")
        }
    }

    /// Takes the bar away, so that a line can be printed.
    func clear() {
        if isTerminal, !isQuiet { write("\r\u{1B}[K") }
    }

    /// Ten times a second for a person, every ten seconds for a log.
    private func isDue() -> Bool {
        let pause = isTerminal ? Duration.milliseconds(100) : .seconds(10)
        let now = ContinuousClock.now
        return lastShown.withLock { last in
            guard now - (last ?? started) > pause else { return false }
            last = now
            return true
        }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// A number of bytes for a person: `1.5 MiB`.
func bytesText(_ count: Int64) -> String {
    guard count >= 1024 else { return "\(count) B" }
    var value = Double(count)
    var unit = ""
    for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
        value /= 1024
        unit = next
    }
    return String(format: "%.1f ", value) + unit
}
