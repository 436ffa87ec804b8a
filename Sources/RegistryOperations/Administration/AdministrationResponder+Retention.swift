import RegistryCore

/// What a request for a retention run may say.
struct RetentionRequest: Codable {
    var dryRun: Bool?
    /// A pattern of repositories' names.
    var repository: String?
    /// Whether lines are JSON objects.
    var json: Bool?
}

/// How a retention run stands, as JSON.
struct RetentionStatus: Codable {
    var running: Bool
    var failure: String?
    var lines: [String]
    var firstLine: Int
    var nextLine: Int
    var hasMoreLines: Bool
    var problems: [String]
    /// ``RetentionSummary/json``.
    var summary: String
    /// ``RetentionSummary/line``.
    var totals: String

    init(_ status: RetentionService.Status) {
        running = status.isRunning
        failure = status.failure
        lines = status.lines
        firstLine = status.firstLine
        nextLine = status.firstLine + status.lines.count
        hasMoreLines = status.hasMoreLines
        problems = status.summary.problems
        summary = status.summary.json
        totals = status.summary.line
    }
}

extension RetentionService {
    /// Begins what a request asks for.
    ///
    /// - Throws: ``RegistryError`` with the status that the operator's client is told.
    func begin(_ request: RetentionRequest) throws(RegistryError) {
        var wish = Wish()
        wish.isDryRun = request.dryRun ?? false
        wish.isJSON = request.json ?? false
        if let text = request.repository {
            guard let pattern = RepositoryPattern(text) else {
                throw RegistryError(.nameInvalid, message: "no repository can match '\(text)'")
            }
            wish.repositories = pattern
        }
        do {
            try begin(wish)
        } catch {
            switch error {
            case .busy: throw RegistryError(.unsupported, message: "a retention run goes on already", status: 409)
            case .readOnly: throw RegistryError(.unsupported, message: "the registry is in read-only mode", status: 409)
            case .noRules:
                throw RegistryError(
                    .unsupported,
                    message: "there is no rule in registryd.policy.retention",
                    status: 409
                )
            }
        }
    }
}
