import Foundation
import ShellSupport
import Testing

@Suite("Where the program listens, and to whom")
struct ListeningTests {
    @Test("it listens on a Unix socket, takes the place of one that a killed server left, and of no other file")
    func unixSocket() async throws {
        let scratch = try ScratchFolder(name: "unix")
        defer { scratch.remove() }
        let socket = scratch.string("registry.sock")
        let environment = [
            "REGISTRY_HTTP_NET": "unix", "REGISTRY_HTTP_ADDR": socket,
            "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": scratch.string("data"),
        ]
        func ask() async -> String? {
            let asked = Command("curl", ["-fsS", "--unix-socket", socket, "http://localhost/v2/"])
            return try? await asked.run(seconds: 10).output
        }
        for ending in [SIGKILL, SIGTERM] {
            let daemon = try Daemon.start(
                RegistryProcess.programPath(.registryd),
                ["serve"],
                environment: environment,
                log: scratch.path("log")
            )
            defer { daemon.send(signal: SIGKILL) }
            try await daemon.waitUntilReady { await ask() == "{}" }
            daemon.send(signal: ending)
            try await eventually("the end") { daemon.exitStatus != nil }
            #expect(FileManager.default.fileExists(atPath: socket) == (ending == SIGKILL))
        }
        try Data("precious".utf8).write(to: scratch.path("registry.sock"))
        let refused = try await Command(
            RegistryProcess.programPath(.registryd),
            ["serve"],
            environment: environment
        ).result(seconds: 20)
        #expect(refused.status == 1)
        #expect(refused.errorOutput.contains(socket))
        #expect(try String(contentsOf: scratch.path("registry.sock"), encoding: .utf8) == "precious")
    }

    #if os(Linux)
    @Test("threads that wait for the disk let those that serve connections go first")
    func threadsBehindLoops() async throws {
        let store = try OperatedStore(named: "threads")
        defer { store.scratch.remove() }
        try store.configure()
        try await store.serving { daemon in
            let tasks = "/proc/\(daemon.processID)/task"
            var policies: [String: [Substring: Int]] = [:]
            for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
                let stat = try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8)
                let name = stat.drop { $0 != "(" }.dropFirst().prefix { $0 != "-" && $0 != ")" }
                let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
                policies[String(name), default: [:]][fields[39], default: 0] += 1
            }
            // SCHED_BATCH, and SCHED_OTHER, which the four have that write large files and the one that flushes the log.
            #expect(policies["TP"]?.keys.sorted() == ["0", "3"])
            #expect(policies["TP"]?["0"] == 5)
            #expect(policies["NIO"]?.keys.sorted() == ["0"])
        }
    }
    #endif

    @Test("a socket that systemd holds is served, whatever the configuration says", .enabled(if: SlowTests.enabled))
    func socketActivation() async throws {
        let scratch = try ScratchFolder(name: "activation")
        defer { scratch.remove() }
        let port = try LoopbackPort.free()
        let program = try RegistryProcess.programPath(.registryd)
        let daemon = try Daemon.start(
            "systemd-socket-activate",
            [
                "--listen=127.0.0.1:\(port)",
                "--setenv=REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=\(scratch.string("data"))",
                "--setenv=REGISTRY_HTTP_ADDR=127.0.0.1:1", program, "serve",
            ],
            log: scratch.path("log")
        )
        defer { daemon.send(signal: SIGKILL) }
        try await daemon.waitUntilReady {
            (try? await WireClient(port: port).send(WireRequest("GET", "/v2/")))?.status == 200
        }
        #expect(await daemon.stop())
    }

    @Test("the holder of a client certificate has what the access file gives him, and nobody else has")
    func clientCertificate() async throws {
        let scratch = try ScratchFolder(name: "mutual")
        defer { scratch.remove() }
        let authority = try await PrivateAuthority.make(in: scratch.makeFolder("certs"))
        try await authority.issue("ci", by: "ca", extensions: "extendedKeyUsage=clientAuth")
        try await authority.issue("guest", by: "ca", extensions: "extendedKeyUsage=clientAuth")
        let port = try LoopbackPort.free()
        try """
        rules:
          - allow: [pull, push]
            who: "certificate:ci"
            repositories: team/**

        """.write(to: scratch.path("access.yml"), atomically: true, encoding: .utf8)
        try """
        version: 0.1
        storage: {filesystem: {rootdirectory: \(scratch.string("data"))}}
        http:
          addr: 127.0.0.1:\(port)
          tls:
            certificate: \(authority.bundle.path())
            key: \(authority.key.path())
            clientcas: [\(authority.root.path())]
            clientauth: verify-client-cert-if-given
        registryd: {access: {file: \(scratch.string("access.yml"))}}

        """.write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
        let daemon = try Daemon.start(
            RegistryProcess.programPath(.registryd),
            ["serve", scratch.string("config.yml")],
            log: scratch.path("log")
        )
        defer { daemon.send(signal: SIGKILL) }
        func begin(_ repository: String, as name: String?) async throws -> String {
            let identity = name.map {
                ["--cert", authority.file("\($0).crt").path(), "--key", authority.file("\($0).key").path()]
            }
            let base = [
                "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority.root.path(), "-X", "POST",
            ]
            let target = "https://localhost:\(port)/v2/\(repository)/blobs/uploads/"
            return try await Command("curl", base + (identity ?? []) + [target]).run(seconds: 20).output
        }
        try await daemon.waitUntilReady { (try? await begin("team/app", as: nil)) != nil }
        #expect(try await begin("team/app", as: "ci") == "202")
        #expect(try await begin("other/app", as: "ci") == "403")
        #expect(try await begin("team/app", as: "guest") == "403")
        let anonymous = try await begin("team/app", as: nil)
        // There is nothing to log in with, so there is no challenge.
        #expect(anonymous == "403")
        #expect(await daemon.stop())
    }
}
