import Foundation
import ShellSupport

/// Collects in a store that is served: ours by the socket of administration, the peer by its command beside the server.
struct StormCollector: Sendable {
    /// What collections did, added up.
    struct Sum: Sendable {
        var runs = 0
        var takenAway = 0
        var broughtBack = 0
        var removed = 0
        /// Runs that ended with an error, in words.
        var failures: [String] = []
    }

    /// In seconds: the shortest that ours takes, for a push may last half of it.
    static let grace = 120

    let server: RegistryProcess.Server
    /// The socket's file, or the peer's configuration.
    let place: String
    /// Whether manifests go that no tag leads to.
    let untagged: Bool

    /// Collects once, to the end.
    func collect(into sum: inout Sum) async throws {
        sum.runs += 1
        switch server {
        case .registryd: try await collectByServer(into: &sum)
        case .peer: try await collectByCommand(into: &sum)
        }
    }

    private struct Report: Decodable {
        var running: Bool
        var failure: String?
        var summary: String
    }

    private struct Summary: Decodable {
        var blobsQuarantined: Int
        var manifestsQuarantined: Int
        var layersQuarantined: Int
        var restored: Int
        var blobsRemoved: Int
        var manifestsRemoved: Int
        var layersRemoved: Int
        var problems: [String]
    }

    private func collectByServer(into sum: inout Sum) async throws {
        let wire = WireClient(file: place)
        let wish = #"{"deleteUntagged":\#(untagged),"grace":\#(Self.grace)}"#
        let begun = try await wire.send(WireRequest("POST", "/v1/collection", body: Array(wish.utf8)))
        guard begun.status == 202 else { return sum.failures.append("\(begun.status) \(begun.text)") }
        while true {
            try await Task.sleep(for: .milliseconds(10))
            let answer = try await wire.send(WireRequest("GET", "/v1/collection?from=1000000000"))
            let report = try JSONDecoder().decode(Report.self, from: Data(answer.body))
            guard !report.running else { continue }
            if let failure = report.failure { sum.failures.append(failure) }
            let summary = try JSONDecoder().decode(Summary.self, from: Data(report.summary.utf8))
            sum.takenAway += summary.blobsQuarantined + summary.manifestsQuarantined + summary.layersQuarantined
            sum.broughtBack += summary.restored
            sum.removed += summary.blobsRemoved + summary.manifestsRemoved + summary.layersRemoved
            sum.failures += summary.problems
            return
        }
    }

    private func collectByCommand(into sum: inout Sum) async throws {
        let program = try RegistryProcess.programPath(.peer)
        let arguments = ["garbage-collect"] + (untagged ? ["--delete-untagged"] : []) + [place]
        let result = try await Command(program, arguments).result(seconds: 60)
        sum.removed += result.output.components(separatedBy: "blob eligible for deletion: ").count - 1
        if result.status != 0 { sum.failures.append(String(result.errorOutput.suffix(300))) }
    }
}
