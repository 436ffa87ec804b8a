import Foundation
import ShellSupport
import Testing

extension Interoperability {
    /// Real clients that log in over TLS, with an authority of their own.
    @Suite("secured", .serialized)
    struct Secured {
        /// How a caller is found out.
        enum Login: String, CaseIterable {
            case htpasswd, token
        }

        @Test("skopeo logs in over TLS, copies, and is refused without its login", arguments: Login.allCases)
        func skopeo(login: Login) async throws {
            try await SecuredBench.with(login) { bench in
                let image = "oci:\(bench.imageLayout):latest"
                let target = "docker://\(bench.authority)/secured:latest"
                try await bench.command("skopeo", ["copy", "--dest-cert-dir", bench.trust, image, target])
                    .runExpectingFailure()
                try await bench.command("skopeo", bench.login("wrong")).runExpectingFailure()
                try await bench.command("skopeo", bench.login("pass")).run()
                try await bench.command("skopeo", ["copy", "--dest-cert-dir", bench.trust, image, target]).run()
                let back = "oci:\(bench.scratch.string("back")):latest"
                try await bench.command("skopeo", ["copy", "--src-cert-dir", bench.trust, target, back]).run()
                #expect(try ImageLayout.digest(in: bench.scratch.path("back")) == ClientBench.image.digest)
                try await bench.command(
                    "skopeo",
                    ["list-tags", "--cert-dir", bench.trust, "docker://\(bench.authority)/secured"]
                )
                .run()
                try await bench.command("skopeo", ["logout", bench.authority]).run()
                try await bench.command("skopeo", ["inspect", "--cert-dir", bench.trust, target]).runExpectingFailure()
            }
        }

        @Test("buildah logs in over TLS, pushes and pulls", arguments: Login.allCases)
        func buildah(login: Login) async throws {
            try await SecuredBench.with(login) { bench in
                let storage = [
                    "--root", bench.scratch.string("b"), "--runroot", bench.scratch.string("br"),
                    "--storage-driver", "vfs",
                ]
                try await bench.command("buildah", bench.login("pass")).run()
                let pulled = try await bench.command("buildah", storage + ["pull", "oci:\(bench.imageLayout):latest"])
                    .run()
                let image = try #require(pulled.lines.last)
                let target = "docker://\(bench.authority)/secured:buildah"
                try await bench.command("buildah", storage + ["push", "--cert-dir", bench.trust, image, target]).run()
                try await bench.command("buildah", storage + ["pull", "--cert-dir", bench.trust, target]).run()
            }
        }

        @Test(
            "curl sees the challenge of the way to log in, on the API's base and before a repository is looked for",
            arguments: Login.allCases
        )
        func challenge(login: Login) async throws {
            try await SecuredBench.with(login) { bench in
                for path in ["/v2/", "/v2/no/such/manifests/1", "/v2/BAD/manifests/1"] {
                    let answer = try await bench.curl(["-i", "\(bench.base)\(path)"])
                    #expect(answer.contains(" 401"))
                    let expected =
                        login == .htpasswd
                        ? #"www-authenticate: basic realm="Registry Realm""#
                        : #"www-authenticate: bearer realm="\#(bench.base)/token",service="registry.example""#
                    #expect(answer.lowercased().contains(expected.lowercased()), "\(answer)")
                }
            }
        }
    }
}

/// A client's bench before a registry with TLS and users: `user` with the password `pass`.
private struct SecuredBench {
    let scratch: ScratchFolder
    let port: UInt16
    let imageLayout: String
    let daemon: Daemon

    /// `localhost`, since clients keep credentials by name, and some refuse a realm by address.
    var authority: String { "localhost:\(port)" }
    var base: String { "https://\(authority)" }
    /// The folder with the authority's certificate.
    var trust: String { scratch.string("trust") }

    static func with(_ login: Interoperability.Secured.Login, _ body: (SecuredBench) async throws -> Void) async throws
    {
        let scratch = try ScratchFolder(name: "secured")
        defer { scratch.remove() }
        for folder in ["home", "run", "tmp", "data", "certs", "trust"] { _ = try scratch.makeFolder(folder) }
        try Data("{}".utf8).write(to: scratch.path("auth.json"))
        try ImageLayout.write(ClientBench.image, to: scratch.path("image"))
        let authority = try await PrivateAuthority.make(in: scratch.path("certs"))
        try FileManager.default.copyItem(at: authority.root, to: scratch.path("trust/ca.crt"))
        let users = try await Command("htpasswd", ["-nbB", "user", "pass"]).run()
        try Data(users.output.utf8).write(to: scratch.path("htpasswd"))
        let port = try LoopbackPort.free()
        try configuration(login, port, scratch, authority)
            .write(to: scratch.path("config.yml"), atomically: true, encoding: .utf8)
        let daemon = try Daemon.start(
            RegistryProcess.programPath(.registryd),
            ["serve", scratch.string("config.yml")],
            log: scratch.path("log")
        )
        defer { daemon.send(signal: SIGKILL) }
        let bench = SecuredBench(scratch: scratch, port: port, imageLayout: scratch.string("image"), daemon: daemon)
        try await daemon.waitUntilReady { (try? await bench.curl(["\(bench.base)/v2/"])) != nil }
        do {
            try await body(bench)
        } catch let error as CommandFailure {
            throw CommandFailure("\(error)\n-- the registry's log:\n\(daemon.logText)")
        }
        #expect(await daemon.stop())
    }

    private static func configuration(
        _ login: Interoperability.Secured.Login,
        _ port: UInt16,
        _ scratch: ScratchFolder,
        _ authority: PrivateAuthority
    ) -> String {
        let base = """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(scratch.string("data"))}}
            http:
              addr: 127.0.0.1:\(port)
              tls: {certificate: \(authority.bundle.path()), key: \(authority.key.path())}

            """
        switch login {
        case .htpasswd:
            return base + "auth: {htpasswd: {realm: Registry Realm, path: \(scratch.string("htpasswd"))}}\n"
        case .token:
            return base + """
                auth:
                  token: {realm: "https://localhost:\(port)/token", service: registry.example, issuer: registry.example}
                registryd:
                  token: {key: \(authority.key.path()), htpasswd: \(scratch.string("htpasswd"))}

                """
        }
    }

    func command(_ name: String, _ arguments: [String]) -> Command {
        let environment = [
            "HOME": scratch.string("home"), "XDG_RUNTIME_DIR": scratch.string("run"), "TMPDIR": scratch.string("tmp"),
            "REGISTRY_AUTH_FILE": scratch.string("auth.json"),
        ]
        return Command(name, arguments, environment: environment, in: scratch.url)
    }

    func login(_ password: String) -> [String] {
        ["login", "--cert-dir", trust, "-u", "user", "-p", password, authority]
    }

    func curl(_ arguments: [String]) async throws -> String {
        try await Command("curl", ["-sS", "--cacert", scratch.string("trust/ca.crt")] + arguments).run(seconds: 20)
            .output
    }
}
