import Foundation
import ShellSupport
import Synchronization
import Testing

@testable import RegistryTLS

/// Certificates that change while the server runs.
@Suite(.timeLimit(.minutes(2)))
struct ReloadTests {
    @Test("certificates are swapped under load, and one is broken: no request fails, and new connections get the new")
    func swapsUnderLoad() async throws {
        let files = try CertificateFiles()
        defer { files.folder.remove() }
        try await files.put("server")
        try await withTLSServer { settings, _ in
            settings.certificatePath = files.certificate
            settings.keyPath = files.key
            // Only when it is told to.
            settings.pollInterval = .seconds(600)
        } _: { server in
            let load = Load(port: server.port, authority: server.authority)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { await load.run() }
                }
                for name in ["second", "third", "server", "second"] {
                    try await files.put(name)
                    try await server.tls.reload()
                    let serial = server.tls.serial
                    try await untilTrue { load.state.seen.contains(serial) }
                    let fresh = try await TLSClient.run(port: server.port, authority: server.authority)
                    #expect(fresh.serial == serial)
                }
                try await files.put("third", keyOf: "server")
                await #expect(throws: TLSError.self) { try await server.tls.reload() }
                let after = try await TLSClient.run(port: server.port, authority: server.authority)
                #expect(after.serial == server.tls.serial)
                load.stop()
                try await group.waitForAll()
            }
            #expect(load.state.failures == [])
            #expect(load.state.seen.count == 3)
        }
    }

    @Test("a change is noticed, a broken one is told once, and a connection that is there goes on")
    func noticesChanges() async throws {
        let files = try CertificateFiles()
        defer { files.folder.remove() }
        try await files.put("server")
        try await withTLSServer { settings, _ in
            settings.certificatePath = files.certificate
            settings.keyPath = files.key
            settings.pollInterval = .milliseconds(10)
        } _: { server in
            let first = server.tls.serial
            let kept = try await TLSClient.run(port: server.port, authority: server.authority, requests: 2) {
                try await files.put("second")
                try await untilTrue { server.tls.serial != first }
            }
            #expect(kept.serial == first)
            #expect(kept.answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200 OK") })
            let second = server.tls.serial
            // Moving two files may be seen half done, and told as broken; from here on nothing changes by itself.
            let before = server.notices.failures
            try "no certificate".write(toFile: files.certificate, atomically: true, encoding: .utf8)
            try await untilTrue { server.notices.failures > before }
            // A few more looks at the same broken file.
            try await Task.sleep(for: .milliseconds(100))
            #expect(server.notices.failures == before + 1)
            #expect(server.tls.serial == second)
            let fresh = try await TLSClient.run(port: server.port, authority: server.authority)
            #expect(fresh.serial == second)
            try await files.put("third")
            try await untilTrue { server.tls.serial != second }
        }
    }

    @Test("clients' authorities change with the files")
    func reloadsAuthorities() async throws {
        let files = try CertificateFiles()
        defer { files.folder.remove() }
        let authority = try await TestAuthority.shared.get()
        try FileManager.default.copyItem(atPath: authority.path("root.crt"), toPath: files.authorities)
        try await withTLSServer { settings, _ in
            settings.clientCAPaths = [files.authorities]
            settings.pollInterval = .seconds(600)
        } _: { server in
            let arguments = ["--cert", authority.path("stranger.pem"), "--key", authority.path("stranger.key")]
            let refused = try await server.curl(arguments + [server.url("/")])
            #expect(refused.status != 0)
            let foreign = try String(contentsOfFile: authority.path("foreign.crt"), encoding: .utf8)
            try foreign.write(toFile: files.authorities, atomically: true, encoding: .utf8)
            try await server.tls.reload()
            let accepted = try await server.curl(arguments + [server.url("/")])
            #expect(accepted.output == "mallory true https")
        }
    }
}

/// Clients that connect and ask, one connection after the other, until they are stopped.
private final class Load: Sendable {
    struct State: Sendable {
        var isOver = false
        var failures: [String] = []
        /// The serial numbers of the certificates that the server showed.
        var seen: Set<String> = []
    }

    private let box = Mutex(State())
    private let port: Int
    private let authority: TestAuthority

    init(port: Int, authority: TestAuthority) {
        self.port = port
        self.authority = authority
    }

    var state: State { box.withLock { $0 } }

    func stop() { box.withLock { $0.isOver = true } }

    func run() async {
        while !state.isOver {
            do {
                let result = try await TLSClient.run(port: port, authority: authority, requests: 3)
                box.withLock { state in
                    state.seen.insert(result.serial)
                    state.failures += result.answers.filter { !$0.hasPrefix("HTTP/1.1 200 OK") }
                }
            } catch {
                box.withLock { $0.failures.append("\(error)") }
            }
        }
    }
}

/// Files of a certificate that a test changes.
struct CertificateFiles: Sendable {
    let folder: ScratchFolder
    var certificate: String { folder.string("tls.crt") }
    var key: String { folder.string("tls.key") }
    var authorities: String { folder.string("ca.crt") }

    init() throws { folder = try ScratchFolder(name: "tls") }

    /// Puts a certificate of the authority there, with its key or that of another.
    func put(_ name: String, keyOf other: String? = nil) async throws {
        let authority = try await TestAuthority.shared.get()
        for (source, target) in [("\(name).pem", certificate), ("\(other ?? name).key", key)] {
            try Data(contentsOf: authority.folder.path(source)).write(to: URL(filePath: target), options: .atomic)
        }
    }
}
