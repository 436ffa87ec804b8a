import Foundation
import ShellSupport

/// Where our answer is another than the peer's.
struct Difference: Hashable, Codable, CustomStringConvertible {
    /// The exchange.
    var exchange: String
    /// Which part of the answer: `status`, `message`, `body` or a header field in lower case.
    var field: String
    /// What the peer says; empty for a field that it doesn't send.
    var peer: String
    /// What we say.
    var ours: String

    var description: String { "\(exchange): \(field): the peer says '\(peer)', we say '\(ours)'" }
}

extension Difference {
    /// All differences between two answers to one exchange. Where the status is another, so is the whole answer, and
    /// only the status counts, with the field that tells clients that a registry answers.
    static func between(peer: Observation, ours: Observation, in exchange: Exchange) -> [Difference] {
        let all = allBetween(peer: peer, ours: ours, in: exchange)
        guard all.contains(where: { $0.field == "status" }) else { return all }
        return all.filter { $0.field == "status" || $0.field == "docker-distribution-api-version" }
    }

    private static func allBetween(peer: Observation, ours: Observation, in exchange: Exchange) -> [Difference] {
        Set(peer.fields.keys).union(ours.fields.keys).sorted().compactMap { field in
            let values = (peer.fields[field] ?? "", ours.fields[field] ?? "")
            guard values.0 != values.1 else { return nil }
            return Difference(exchange: exchange.name, field: field, peer: values.0, ours: values.1)
        }
    }
}

/// A difference that we want, with its reason: one entry of `Differences.json`.
///
/// In each pattern `*` stands for any text. One entry may cover a difference that shows in many exchanges.
struct WantedDifference: Codable {
    var exchange: String
    var field: String
    var peer: String
    var ours: String
    var reason: String

    /// Whether a difference is the one meant.
    func covers(_ difference: Difference) -> Bool {
        matches(field, difference.field) && matches(exchange, difference.exchange) && matches(peer, difference.peer)
            && matches(ours, difference.ours)
    }

    /// The checked-in list.
    static func load() throws -> [WantedDifference] {
        let file = Locations.package.appending(path: "Tests/DifferentialTests/Differences.json")
        return try JSONDecoder().decode([WantedDifference].self, from: Data(contentsOf: file))
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
    guard text.hasPrefix(first), text.count >= first.count + last.count, text.hasSuffix(last) else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
        guard let found = rest.firstRange(of: part) else { return false }
        rest = rest[found.upperBound...]
    }
    return true
}
