import ArgumentParser
import Foundation
import RegistryCore
import RegistryOperations

/// Removes what nothing refers to: by the running server, or from a store that nobody serves.
struct GarbageCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "garbage-collect",
        abstract: "Remove what nothing refers to, while the store is served or not.",
        discussion: """
            A store that is served keeps what a client was told of for the grace period \
            (registryd.collection.grace); where no server is, what nothing refers to goes at once.
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Flag(name: [.short, .long], help: "Say what would go, and change nothing.")
    var dryRun = false

    @Flag(name: [.customShort("m"), .long], help: "Remove manifests that no tag leads to.")
    var deleteUntagged = false

    @Flag(name: [.short, .long], help: "Print nothing but what is wrong.")
    var quiet = false

    @Flag(help: "Print the summary as JSON, and nothing else.")
    var json = false

    @Option(help: "Keep what nothing refers to for so many seconds, whoever serves the store.")
    var grace: Int64?

    func run() async throws {
        try await Administered.with(file) { administered in
            switch administered {
            case .server(let client): try await collect(by: client)
            case .store(let store): try await collect(from: store)
            }
        }
    }

    private func collect(from store: OpenStore) async throws {
        var options = store.settings.collection
        options.isDryRun = dryRun
        if deleteUntagged { options.deletesUntagged = true }
        options.countsFirst = true
        if let grace { options.grace = grace } else { options.removesAtOnceWhereUnserved = true }
        let report = CollectionReporter(isQuiet: quiet || json, isDryRun: dryRun)
        let summary = try await store.registry.collect(options) { report.take($0) }
        report.finish(summary)
        if json { print(summary.json) }
    }

    private func collect(by client: AdministrationClient) async throws {
        try await client.beginCollection(
            isDryRun: dryRun,
            deletesUntagged: deleteUntagged ? true : nil,
            grace: grace
        )
        let report = CollectionReporter(isQuiet: quiet || json, isDryRun: dryRun)
        var line = 0
        while true {
            let progress = try await client.collection(from: line)
            line = progress.nextLine
            for line in progress.lines { report.print(line) }
            report.show(progress.counts)
            if progress.hasMoreLines { continue }
            if !progress.isRunning {
                report.finish(progress)
                if json { print(progress.summary) }
                if let failure = progress.failure {
                    throw AdministrationError("the collection ended early: \(failure)")
                }
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
