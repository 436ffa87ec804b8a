import ArgumentParser
import Foundation
import RegistryCore
import RegistryOperations
import Synchronization

/// Prints what a collection does: the replaced server's lines on standard output, a bar on a terminal, and a summary.
final class CollectionReporter: Sendable {
    private let isQuiet: Bool
    private let hasTerminal = isatty(2) == 1
    private let lines = CollectionLines()
    private let started = ContinuousClock.now
    private let lastShown = Mutex(ContinuousClock.now)

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// Takes an event of a collection in this process.
    func take(_ event: CollectionEvent) {
        if case .problem(let text) = event { note("problem: \(text)") }
        if case .progress(let summary) = event {
            show((summary.repositories, summary.blobFolders, summary.blobFoldersSwept, summary.bytesFreed))
        }
        if let line = lines.lines(for: event) { print(line) }
    }

    /// Prints a line of the replaced server's.
    func print(_ line: String) {
        guard !isQuiet else { return }
        clearBar()
        Swift.print(line)
    }

    /// Says something on standard error, quiet or not.
    func note(_ text: String) {
        clearBar()
        ConfigurationFile.print(text)
    }

    /// Shows how far it is, on a terminal, no more than ten times a second.
    func show(_ counts: (repositories: Int, blobFolders: Int, swept: Int, bytesFreed: Int64)) {
        guard hasTerminal, !isQuiet else { return }
        let isDue = lastShown.withLock { last in
            guard ContinuousClock.now - last > .milliseconds(100) else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let part = counts.blobFolders == 0 ? 0 : Double(counts.swept) / Double(counts.blobFolders)
        let bar = String(repeating: "#", count: Int(part * 30)).padding(toLength: 30, withPad: ".", startingAt: 0)
        var text = "\r[\(bar)] \(counts.repositories) repositories, \(Self.bytes(counts.bytesFreed)) freed"
        if part > 0 {
            let elapsed = (ContinuousClock.now - started) / .seconds(1)
            text += ", \(Int(elapsed / part - elapsed)) s left"
        }
        FileHandle.standardError.write(Data((text + "\u{1B}[K").utf8))
    }

    private func clearBar() {
        if hasTerminal, !isQuiet { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    func finish(_ summary: CollectionSummary) {
        summarize(
            repositories: summary.repositories,
            removed: summary.blobsRemoved,
            quarantined: summary.blobsQuarantined,
            bytes: summary.bytesFreed
        )
    }

    /// - Throws: `AdministrationError` when the collection ended early.
    func finish(_ progress: AdministrationClient.Progress) {
        if let failure = progress.failure { note("ended early: \(failure)") }
        summarize(
            repositories: progress.counts.repositories,
            removed: progress.blobs.removed,
            quarantined: progress.blobs.quarantined,
            bytes: progress.counts.bytesFreed
        )
    }

    private func summarize(repositories: Int, removed: Int, quarantined: Int, bytes: Int64) {
        guard !isQuiet else { return }
        clearBar()
        ConfigurationFile.print(
            "\(repositories) repositories; \(removed) blobs removed, \(Self.bytes(bytes)) freed; "
                + "\(quarantined) blobs set aside until the grace period is over"
        )
    }

    private static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(count) B" : String(format: "%.1f \(unit)", value) }
            value /= 1024
        }
        return String(format: "%.1f TiB", value)
    }
}
