import ArgumentParser
import RegistryCore
import RegistryOperations

/// Removes the tags that no rule of `registryd.policy.retention` keeps: by the running server, or from a store that
/// nobody serves.
struct Retain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "Remove the tags that the rules of registryd.policy.retention do not keep.",
        discussion: """
            Prints what becomes of each tag that a rule names, and why. The manifests stay until a collection that \
            removes untagged ones: garbage-collect --delete-untagged.
            """
    )

    @OptionGroup var file: ConfigurationFile

    @Flag(name: [.short, .long], help: "Say what would be removed and what kept, and why, and change nothing.")
    var dryRun = false

    @Flag(help: "Print an object for each tag and one with the totals, a line each.")
    var json = false

    @Flag(name: [.short, .long], help: "Print only the tags that are removed.")
    var quiet = false

    @Option(help: "Look only at the repositories whose names match a pattern, such as 'team/**'.")
    var repository: String?

    func run() async throws {
        var pattern: RepositoryPattern?
        if let repository {
            pattern = RepositoryPattern(repository)
            guard pattern != nil else { throw ValidationError("no repository can match '\(repository)'") }
        }
        try await Administered.with(file) { administered in
            switch administered {
            case .server(let client): try await retain(by: client)
            case .store(let store): try await retain(in: store, pattern)
            }
        }
    }

    private func retain(in store: OpenStore, _ pattern: RepositoryPattern?) async throws {
        let rules = store.settings.retention.rules
        guard !rules.isEmpty else {
            throw AdministrationError("there is no rule in registryd.policy.retention")
        }
        var options = store.settings.retention.options
        options.isDryRun = dryRun
        if let pattern {
            options.scope = { pattern.matches($0.description) }
            options.isNoted = false
        }
        let summary = try await store.registry.retain(rules, options) { event in
            switch event {
            case .tag(let outcome):
                if !quiet || outcome.action != .keep { print(json ? outcome.json : outcome.line) }
            case .problem(let problem): ConfigurationFile.print("problem: \(problem)")
            case .progress: break
            }
        }
        try finish(totals: summary.line, json: summary.json, hasProblems: summary.problemCount > 0)
    }

    private func retain(by client: AdministrationClient) async throws {
        try await client.beginRetention(isDryRun: dryRun, repositories: repository, isJSON: json)
        var line = 0
        while true {
            let progress = try await client.retention(from: line)
            line = progress.nextLine
            if progress.lostLines > 0 {
                ConfigurationFile.print("problem: \(progress.lostLines) lines came too fast and are not printed")
            }
            for line in progress.lines where !quiet || !Self.isKept(line) { print(line) }
            if progress.hasMoreLines { continue }
            if !progress.isRunning {
                for problem in progress.problems { ConfigurationFile.print("problem: \(problem)") }
                if let failure = progress.failure { throw AdministrationError("retention ended early: \(failure)") }
                return try finish(
                    totals: progress.totals,
                    json: progress.summary,
                    hasProblems: !progress.problems.isEmpty
                )
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func isKept(_ line: String) -> Bool {
        line.hasPrefix("keep ") || line.contains(#","action":"keep","#)
    }

    /// Ends with 1 when something could not be read, so that a script sees it.
    private func finish(totals: String, json summary: String, hasProblems: Bool) throws {
        if json { print(summary) } else { ConfigurationFile.print(totals) }
        if hasProblems { throw ExitCode.failure }
    }
}
