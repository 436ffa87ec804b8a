import ArgumentParser
import NIOCore
import RegistryConfiguration
import RegistryCore

/// Reads all of a store and says what is broken; on demand it repairs what can be.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every blob, link and pointer of a store, and say what is broken.",
        discussion: """
            A running server need not be stopped. Ends with 0 when nothing is broken, or nothing any more; with 1 when \
            something is; with 2 when not all could be read.
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Flag(help: "Set broken blobs aside, and mend links and tags where the truth is known.")
    var repair = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(name: [.short, .long], help: "Show no progress.")
    var quiet = false

    @Option(help: "Read no more than so many bytes in a second.")
    var rate: Int64?

    @Option(help: "Look at so many things at once.")
    var concurrency = 8

    func run() async throws {
        guard rate ?? 1 > 0, concurrency > 0 else { throw ValidationError("a rate and a concurrency are more than 0") }
        let configuration = try file.load()
        try Composition.checkAvailable(configuration)
        var verdict = VerificationReport.Verdict.incomplete
        do {
            try await OpenStore.with(configuration) { verdict = try await verify($0) }
        } catch {
            ConfigurationFile.print("\(Program.name) verify: \(error)")
            throw ExitCode(2)
        }
        switch verdict {
        case .sound, .repaired: return
        case .damaged: throw ExitCode(1)
        case .incomplete: throw ExitCode(2)
        }
    }

    private func verify(_ store: OpenStore) async throws -> VerificationReport.Verdict {
        var options = VerificationOptions()
        options.repairs = repair
        options.concurrency = concurrency
        options.bytesPerSecond = rate
        let bar = ProgressBar(isQuiet: quiet || json)
        let report = try await store.registry.verify(options) { progress in
            let part = progress.bytesTotal > 0 ? Double(progress.bytes) / Double(progress.bytesTotal) : nil
            bar.show(
                progress.phase == .counting ? nil : part,
                "\(progress.phase.rawValue): \(progress.blobs) of \(progress.blobsTotal) blobs, "
                    + "\(bytesText(progress.bytes)), \(progress.repositories) repositories, \(progress.findings) findings"
            )
        }
        bar.clear()
        print(json ? String(buffer: report.json) : report.text)
        if report.counts.blobs == 0 {
            ConfigurationFile.print("there is not one blob in this store: is it the right folder?")
        }
        return report.verdict
    }
}
