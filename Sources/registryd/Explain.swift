import ArgumentParser
import Foundation
import RegistryAuth
import RegistryConfiguration
import RegistryCore

/// Says whether the access file lets somebody do something, and by which rule; opens nothing else.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say whether the access file lets a user do something, and by which rule.",
        discussion: "Ends with 0 when it is allowed, with 1 when it is denied, with 2 when that can't be said."
    )

    @Argument(help: "The user; anonymous for who does not log in, certificate:NAME for a client certificate.")
    var user: String

    @Argument(help: "pull, push, delete or catalog.")
    var action: String

    @Argument(help: "The repository; may be left out for catalog.")
    var repository: String?

    @Option(help: "The configuration file; without one REGISTRY_CONFIGURATION_PATH.")
    var config: String?

    func run() throws {
        guard let action = AccessRules.Action(rawValue: action) else {
            throw Self.failure("'\(action)' is no action; expected pull, push, delete or catalog")
        }
        guard let repository = repository ?? (action == .catalog ? "" : nil) else {
            throw Self.failure("there is no repository to \(action.rawValue)")
        }
        var file = ConfigurationFile()
        file.path = config
        guard let configuration = try? file.load() else { throw ExitCode(2) }
        guard let path = configuration.access.file else {
            throw Self.failure("the configuration names no access file (registryd.access.file)")
        }
        let rules: AccessRules
        do { rules = try AccessRules(file: path, contents: Data(contentsOf: URL(filePath: path))) } catch {
            throw Self.failure("\(error)")
        }
        let verdict = rules.explain(user == "anonymous" ? nil : user, action, repository)
        let target = action == .catalog ? "" : " \(repository)"
        let reason = verdict.rule.map { "by the rule at \(path):\($0.line)" } ?? "since no rule of \(path) matches"
        print("\(user) \(action.rawValue)\(target): \(verdict.isAllowed ? "allowed" : "denied") \(reason)")
        if !verdict.isAllowed { throw ExitCode(1) }
    }

    private static func failure(_ text: String) -> ExitCode {
        ConfigurationFile.print("registryd explain: \(text)")
        return ExitCode(2)
    }
}

extension AccessRules {
    /// Makes rules of an access file.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong with it.
    init(file path: String, contents: some Sequence<UInt8>) throws {
        let file = try AccessFile.load(file: path, contents: String(decoding: Array(contents), as: UTF8.self)) { text in
            RepositoryPattern(text) != nil
        }
        let rules = file.rules.map { rule in
            Rule(
                allows: rule.allows,
                subjects: rule.subjects.map(Subject.init),
                actions: Set(rule.actions.compactMap(Action.init(rawValue:))),
                repositories: rule.repositories.compactMap { RepositoryPattern($0) },
                line: rule.line
            )
        }
        self.init(rules, groups: file.groups)
    }
}

extension AccessRules.Subject {
    fileprivate init(_ subject: AccessFile.Subject) {
        self =
            switch subject {
            case .user(let name): .user(name)
            case .group(let name): .group(name)
            case .anyUser: .anyUser
            case .anonymous: .anonymous
            }
    }
}
