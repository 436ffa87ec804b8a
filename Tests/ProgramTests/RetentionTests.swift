import Foundation
import ShellSupport
import Testing

@Suite("Retention by the program")
struct RetentionTests {
    /// A configuration with a socket of administration and a policy, and a store.
    private struct Bench {
        let operated: OperatedStore

        static func with(policy: String, _ body: (Bench) async throws -> Void) async throws {
            let bench = Bench(operated: try OperatedStore(named: "retain"))
            defer { bench.operated.scratch.remove() }
            try bench.write(policy: policy)
            try await body(bench)
        }

        func write(policy: String) throws {
            try operated.configure(
                """
                registryd:
                  administration: {socket: \(operated.socket)}
                  policy:
                \(policy.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
                """,
                deletes: false
            )
        }

        func status(_ tag: String, method: String = "GET") async throws -> Int {
            var request = WireRequest(method, "/v2/team/app/manifests/\(tag)")
            request.headers = [("Accept", RegistryReader.manifestTypes)]
            return try await operated.wire.send(request).status
        }

        func push(_ tags: String...) async throws {
            for tag in tags { _ = try await operated.reader.push(RetentionTests.image, to: "team/app", tag: tag) }
        }

        /// Sets the time at which a tag was set last.
        func age(_ tags: String..., days: Double) throws {
            for tag in tags {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)],
                    ofItemAtPath: store("repositories/team/app/_manifests/tags/\(tag)/current/link")
                )
            }
        }

        func store(_ path: String) -> String { operated.scratch.string("data/docker/registry/v2/\(path)") }
    }

    static let image = ImageLayout.image("app", layerSizes: [20_000])

    private static let policy = """
        retention:
          rules:
            - name: ci
              repositories: [team/**]
              tags: [pr-*]
              keep: {last: 1, newerthan: 30d}

        """

    @Test("a dry run tells what would go and why, a run removes it, with a server and without one")
    func verb() async throws {
        try await Bench.with(policy: Self.policy) { bench in
            try await bench.operated.serving { _ in
                try await bench.push("pr-1", "pr-2", "pr-3", "v1")
                try bench.age("pr-1", "v1", days: 40.5)
                try bench.age("pr-2", days: 45.5)
                let dry = try await bench.operated.verb("retain", "--dry-run")
                #expect(dry.status == 0)
                #expect(
                    dry.lines.sorted() == [
                        "keep team/app:pr-3: it is the newest (rule 'ci')",
                        "remove team/app:pr-1: rule 'ci'; not the newest; set 40 days ago, not within 30 days",
                        "remove team/app:pr-2: rule 'ci'; not the newest; set 45 days ago, not within 30 days",
                    ]
                )
                #expect(
                    dry.errorOutput.contains(
                        "1 repositories, 4 tags: 2 would be removed, 2 kept (1 that no rule names)"
                    )
                )
                #expect(try await bench.status("pr-1") == 200)
                // Nothing else matches the pattern.
                let elsewhere = try await bench.operated.verb("retain", "--repository", "other/*")
                #expect(elsewhere.lines.isEmpty)

                let run = try await bench.operated.verb("retain", "--quiet")
                #expect(
                    run.lines.sorted().map { $0.prefix(21) }
                        == ["removed team/app:pr-1", "removed team/app:pr-2"].map { $0.prefix(21) }
                )
                for (tag, status) in [("pr-1", 404), ("pr-2", 404), ("pr-3", 200), ("v1", 200)] {
                    #expect(try await bench.status(tag) == status)
                }
                let restored = try await Command(
                    RegistryProcess.programPath(.registryd),
                    ["restore", "team/app:pr-1", bench.operated.config]
                ).run()
                #expect(restored.lines == ["restored team/app:pr-1"])
                #expect(try await bench.status("pr-1") == 200)
                // The manifest stays, by its digest.
                #expect(try await bench.status(Self.image.digest) == 200)
            }
            try bench.age("pr-3", days: 50.5)
            let json = try await bench.operated.verb("retain", "--json")
            // What was restored was set then.
            #expect(json.status == 0 && json.lines.count == 3)
            #expect(json.lines.first?.contains(#""tag":"pr-1","#) == true)
            #expect(json.lines.last?.contains(#""tagsRemoved":1,"#) == true)
            let left = try FileManager.default.contentsOfDirectory(atPath: bench.store("_registryd/retention/taken"))
            #expect(left.isEmpty)
        }
    }

    @Test("a schedule that a reload brings removes by itself, and read-only mode stops it")
    func schedule() async throws {
        try await Bench.with(policy: "pullrecords: true\n") { bench in
            try await bench.operated.serving { daemon in
                try await bench.push("pr-1", "pr-2", "v1")
                try bench.age("pr-1", days: 40)
                let none = try await bench.operated.verb("retain")
                #expect(none.status == 1 && none.errorOutput.contains("there is no rule"))
                let policy = Self.policy.replacing("rules:", with: "interval: 500ms\n  rules:")
                try bench.write(policy: policy)
                daemon.send(signal: SIGHUP)
                try await eventually("the removal") { try await bench.status("pr-1") == 404 }
                #expect(try await bench.status("pr-2") == 200)

                _ = try await Command(
                    RegistryProcess.programPath(.registryd),
                    ["read-only", "on", "--config", bench.operated.config]
                ).run()
                try bench.age("pr-2", days: 40)
                let refused = try await bench.operated.verb("retain")
                #expect(refused.status == 1 && refused.errorOutput.contains("read-only mode"))
                #expect(try await bench.operated.verb("retain", "--dry-run").status == 0)
            }
        }
    }

    @Test("pulls are recorded while a rule asks for them, and are known after a restart")
    func pulls() async throws {
        let policy = Self.policy.replacing("keep: {last: 1, newerthan: 30d}", with: "keep: {pulledwithin: 30d}")
        try await Bench.with(policy: policy) { bench in
            try await bench.operated.serving { _ in
                try await bench.push("pr-1", "pr-2")
                try bench.age("pr-1", "pr-2", days: 40.5)
                let run = try await bench.operated.verb("retain")
                #expect(run.lines.count == 2 && run.lines.allSatisfy { $0.hasPrefix("keep team/app:pr-") })
                #expect(try await bench.status("pr-1") == 200)
                #expect(try await bench.status("pr-2", method: "HEAD") == 200)
            }
            let record = try String(
                contentsOfFile: bench.store("_registryd/pulls/repositories/team/app/_pulls"),
                encoding: .utf8
            )
            #expect(record.hasPrefix("tag pr-1 20") && record.hasSuffix("\nend\n") && !record.contains("pr-2"))
            // As if it had been recorded for long.
            func time(_ days: Double) -> String {
                Date(timeIntervalSinceNow: -days * 86_400).formatted(.iso8601)
            }
            try "began \(time(100))\nlast \(time(0))\n"
                .write(toFile: bench.store("_registryd/pulls/recording"), atomically: true, encoding: .utf8)
            let run = try await bench.operated.verb("retain")
            #expect(run.lines.contains { $0.hasPrefix("keep team/app:pr-1: last pulled ") })
            #expect(
                run.lines.contains {
                    $0.hasPrefix("removed team/app:pr-2: rule 'ci'; not pulled since it was set 40 days")
                }
            )
        }
    }

    @Test("a rule that can't be meant so is refused with its line")
    func mistakes() async throws {
        let policy = """
            retention:
              rules:
                - name: a
                  repositories: ['*']
                  tags: []
                  keep: {newerthan: 30}
                - repositories: [Team]
                  tags: ['*']
                - name: a
                  repositories: ['*']
                  tags: ['*']
                  keep: {all: true}

            """
        try await Bench.with(policy: policy) { bench in
            let check = try await bench.operated.verb("check")
            #expect(check.status == 1)
            for expected in [
                ":11:", "rules[0].tags: names nothing",
                ":12:", "rules[0].keep.newerthan: 30 (an integer); expected an age such as 30d or 720h",
                ":13:", "rules[1].repositories[0]: 'Team'",
                "rules[1].keep: keeps nothing", "rules[1].name: is missing",
                "rules[2].name: 'a' is the name of another rule",
            ] {
                #expect(check.errorOutput.contains(expected), "\(check.errorOutput)")
            }
        }
    }
}
