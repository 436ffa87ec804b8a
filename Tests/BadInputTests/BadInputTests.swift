import Foundation
import RegistryTesting
import Testing

/// What no good client sends is refused in the specification's words, and changes nothing.
@Suite(.timeLimit(.minutes(5)))
struct BadInputTests {
    @Test("a bad request is refused, writes nothing, and the registry goes on", arguments: Subject.all)
    func refuses(_ subject: Subject) async throws { try await subject.tryAll() }

    @Test("there are at least 300 bad requests, no two of one name, no subject of fewer than 15")
    func isLarge() {
        let names = Subject.all.flatMap { subject in subject.requests.map { "\(subject.name), \($0.name)" } }
        print("bad requests: \(names.count)")
        #expect(names.count >= 300)
        let doubles = Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        #expect(doubles == [])
        #expect(Subject.all.allSatisfy { $0.requests.count >= 15 })
    }

    /// The same table against another registry, by hand: with its port in `REGISTRYD_BAD_INPUT_PORT` and an empty
    /// store behind it, this prints what fails there. It judges nothing of ours, so nothing is recorded.
    @Test(
        "another registry is counted by the same table",
        .enabled(if: ProcessInfo.processInfo.environment["REGISTRYD_BAD_INPUT_PORT"] != nil, "by hand only"))
    func counts() async throws {
        let text = try #require(ProcessInfo.processInfo.environment["REGISTRYD_BAD_INPUT_PORT"])
        let client = HTTPTestClient(port: try #require(Int(text)))
        try await Image.push(with: client)
        var (all, failed, grave) = (0, 0, 0)
        for subject in Subject.all where !subject.isSlow {
            var ofSubject = (failed: 0, grave: 0)
            for request in subject.requests {
                let upload = try await StagedUpload.prepare(request.stage, with: client)
                let trial = try await Trial.run(request, upload: upload, port: try #require(Int(text)))
                if let fault = trial.fault {
                    ofSubject.failed += 1
                    ofSubject.grave += trial.isGrave ? 1 : 0
                    print("\(trial.isGrave ? "GRAVE" : "form") \(subject.name), \(request.name): \(fault)")
                }
                try await upload?.cancel(with: client)
                // What was hidden must not have hurt the requests after it.
                if try await !Image.damage(client).isEmpty {
                    print("DAMAGE \(subject.name), \(request.name)")
                    try await Image.push(with: client)
                }
            }
            print("\(subject.name): \(ofSubject.failed) of \(subject.requests.count) failed, \(ofSubject.grave) gravely")
            all += subject.requests.count
            failed += ofSubject.failed
            grave += ofSubject.grave
        }
        print("in all: \(failed) of \(all) failed, \(grave) gravely")
        await client.close()
    }
}
