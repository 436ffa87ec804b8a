import RegistryCore
import RegistryOperations

/// Prints what a collection does: the replaced server's lines on standard output, how far it is, and a summary.
struct CollectionReporter: Sendable {
    private let isQuiet: Bool
    private let isDryRun: Bool
    private let bar: ProgressBar
    private let lines = CollectionLines()

    /// - Parameter isDryRun: whether nothing is changed, so that what is told would only happen.
    init(isQuiet: Bool, isDryRun: Bool) {
        self.isQuiet = isQuiet
        self.isDryRun = isDryRun
        bar = ProgressBar(isQuiet: isQuiet)
    }

    /// Takes an event of a collection in this process.
    func take(_ event: CollectionEvent) {
        switch event {
        case .progress(let summary):
            show((summary.repositories, summary.blobFolders, summary.blobFoldersSwept, summary.bytesFreed))
        default:
            if let text = lines.note(for: event) { note(text) }
            if let line = lines.lines(for: event) { print(line) }
        }
    }

    /// Prints a line of the replaced server's.
    func print(_ line: String) {
        guard !isQuiet else { return }
        bar.clear()
        Swift.print(line)
    }

    /// Says something on standard error, quiet or not.
    func note(_ text: String) {
        bar.clear()
        ConfigurationFile.print(text)
    }

    /// Shows how far it is.
    func show(_ counts: (repositories: Int, blobFolders: Int, swept: Int, bytesFreed: Int64)) {
        let part = counts.blobFolders == 0 ? nil : Double(counts.swept) / Double(counts.blobFolders)
        bar.show(part, "\(counts.repositories) repositories, \(bytesText(counts.bytesFreed)) freed")
    }

    /// Tells what a collection in this process did.
    func finish(_ summary: CollectionSummary) {
        summarize(
            summary.repositories,
            removed: summary.blobsRemoved,
            quarantined: summary.blobsQuarantined,
            bytes: summary.bytesFreed
        )
    }

    /// Tells what a server's collection did.
    func finish(_ progress: AdministrationClient.Progress) {
        summarize(
            progress.counts.repositories,
            removed: progress.blobs.removed,
            quarantined: progress.blobs.quarantined,
            bytes: progress.counts.bytesFreed
        )
    }

    private func summarize(_ repositories: Int, removed: Int, quarantined: Int, bytes: Int64) {
        guard !isQuiet else { return }
        let would = isDryRun ? "would be " : ""
        note(
            "\(repositories) repositories; \(removed) blobs \(would)removed, \(bytesText(bytes)) \(would)freed; "
                + "\(quarantined) blobs \(would)set aside until the grace period is over"
        )
    }
}
