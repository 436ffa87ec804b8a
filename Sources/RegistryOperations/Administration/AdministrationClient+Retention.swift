import FoundationEssentials
import NIOHTTP1

extension AdministrationClient {
    /// What a retention run reports.
    public struct RetentionProgress: Sendable {
        /// Whether it goes on.
        public var isRunning: Bool
        /// Why it ended early; `nil` when it didn't.
        public var failure: String?
        /// Lines that were not reported before: what became of each tag that a rule names.
        public var lines: [String]
        /// How many lines before these are not known any more, since there were too many.
        public var lostLines: Int
        /// The line to ask from next.
        public var nextLine: Int
        /// Whether more lines are there already.
        public var hasMoreLines: Bool
        /// What could not be read or done, in words; the first hundred.
        public var problems: [String]
        /// ``RegistryCore/RetentionSummary/json``.
        public var summary: String
        /// ``RegistryCore/RetentionSummary/line``.
        public var totals: String
    }

    /// Begins a retention run by the server's rules.
    ///
    /// - Parameters:
    ///   - isDryRun: whether nothing is changed.
    ///   - repositories: a pattern of names; `nil` for all repositories.
    ///   - isJSON: whether lines are JSON objects.
    /// - Throws: ``AdministrationError``.
    public func beginRetention(isDryRun: Bool, repositories: String?, isJSON: Bool) async throws {
        let request = RetentionRequest(dryRun: isDryRun, repository: repositories, json: isJSON)
        try await send(.POST, "/v1/retention", try JSONEncoder().encode(request))
    }

    /// How the retention run stands.
    ///
    /// - Throws: ``AdministrationError``.
    public func retention(from line: Int) async throws -> RetentionProgress {
        let status = try await decode(RetentionStatus.self, .GET, "/v1/retention?from=\(line)")
        return RetentionProgress(
            isRunning: status.running,
            failure: status.failure,
            lines: status.lines,
            lostLines: max(0, status.firstLine - line),
            nextLine: status.nextLine,
            hasMoreLines: status.hasMoreLines,
            problems: status.problems,
            summary: status.summary,
            totals: status.totals
        )
    }
}
