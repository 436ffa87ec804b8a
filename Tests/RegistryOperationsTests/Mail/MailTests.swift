import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import ShellSupport
import Testing

@testable import RegistryOperations

@Suite("Mails about the log")
struct MailTests {
    private func line(_ message: String, level: Logger.Level = .error, fields: [LogLine.Field] = []) -> LogLine {
        LogLine(
            time: LogTime(seconds: 1_767_323_045, nanoseconds: 0),
            level: level,
            message: message,
            fields: fields
        )
    }

    private var settings: Mailer.Settings {
        Mailer.Settings(
            host: "127.0.0.1",
            port: 25,
            from: "registry@example.org",
            to: ["a@example.org", "b@example.org"]
        )
    }

    private func message(_ lines: [LogLine], leftOut: Int = 0) throws -> [String] {
        MailMessage(lines: lines, leftOut: leftOut, first: try #require(lines.first), settings: settings).lines
    }

    @Test("only lines of the levels listed are taken, by the names of the configuration")
    func levels() {
        let hook = MailHook(levels: ["panic", "Warn", "error", "nonsense"])
        for level in Logger.Level.allCases { hook.offer(line("\(level)", level: level)) }
        #expect(hook.take().lines.map(\.message) == ["warning", "error"])
    }

    @Test("what does not fit the queue is left out, and counted")
    func capacity() {
        let hook = MailHook(levels: ["error"], capacity: 2)
        for number in 0..<5 { hook.offer(line("\(number)")) }
        let (lines, leftOut) = hook.take()
        #expect(lines.map(\.message) == ["0", "1"])
        #expect(leftOut == 3)
        #expect(hook.dropped == 3)
        #expect(hook.take().lines.isEmpty)
    }

    @Test("lines reach the hook from a logger")
    func logger() throws {
        let captured = try Captured()
        let hook = MailHook(levels: ["error"])
        let logger = captured.output(.text, hooks: [hook]).logger("a")
        logger.info("fine")
        logger.error("broken", metadata: ["n": "1"])
        #expect(hook.take().lines.map(\.message) == ["broken"])
    }

    @Test("a mail has the level and the message in its subject, and the fields in its text")
    func form() throws {
        let text = try message([line("broken", fields: [.init(name: "err.code", value: "unknown")]), line("again")])
        #expect(text.first == "To: a@example.org, b@example.org")
        #expect(text[1] == "From: registry@example.org")
        #expect(text[2].hasPrefix("Subject: [error] "))
        #expect(text[2].hasSuffix(": broken (and 1 more)"))
        #expect(text.contains("Date: 02 Jan 2026 03:04:05 +0000"))
        #expect(text.contains("err.code: unknown"))
        #expect(try message([line("x")], leftOut: 4).last == "4 further lines were left out.")
    }

    @Test("a message can't add fields to the mail's head, nor end the mail")
    func hostile() throws {
        let text = try message([line("x\r\nBcc: all@example.org\r\n\r\n.\r\nQUIT")])
        #expect(!text.contains { $0.hasPrefix("Bcc") || $0.contains("\r") || $0.contains("\n") })
        let long = try message([line(String(repeating: "ü", count: 5000))])
        #expect(long.allSatisfy { line in line.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 } })
        #expect(long[2].split(separator: "\r\n").allSatisfy { $0.contains("=?utf-8?B?") && $0.utf8.count <= 90 })
    }

    @Test(
        "base64 is padded",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\0a\0b", "AGEAYg=="),
        ]
    )
    func base64(text: String, expected: String) {
        #expect(Base64.encode(text.utf8) == expected)
    }

    @Test("a mail server that can't be reached costs the lines, which are counted, and is told of")
    func unreachable() async throws {
        let captured = try Captured()
        let hook = MailHook(levels: ["error"])
        hook.offer(line("broken"))
        var settings = settings
        settings.port = 1
        settings.timeout = .seconds(5)
        let mailer = Mailer(
            settings: settings,
            hook: hook,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: captured.output(.text).logger("mail")
        )
        let group = ServiceGroup(services: [mailer], logger: silentLogger)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await group.run() }
            await group.triggerGracefulShutdown()
        }
        #expect(hook.dropped == 1)
        let lines = try captured.lines
        #expect(lines.first?.contains("a mail about the log could not be sent") == true)
    }

    @Test(
        "another's mail server takes the mail, with and without TLS and a password",
        .enabled(if: SlowTests.enabled),
        arguments: ["plain", "login", "starttls"]
    )
    func server(mode: String) async throws {
        let scratch = try ScratchFolder(name: "mail")
        defer { scratch.remove() }
        if mode == "starttls" { try await makeCertificate(scratch) }
        try Data(Self.script.utf8).write(to: scratch.path("server.py"))
        let daemon = try Daemon.start(
            Locations.python,
            [scratch.string("server.py"), mode, scratch.url.path(percentEncoded: false)],
            log: scratch.path("log")
        )
        do {
            try await daemon.waitUntilReady { FileManager.default.fileExists(atPath: scratch.string("port")) }
            var settings = settings
            settings.port = try #require(Int(String(decoding: Data(contentsOf: scratch.path("port")), as: UTF8.self)))
            settings.isInsecure = true
            if mode != "plain" {
                settings.username = "user"
                settings.password = "pass word"
            }
            let hook = MailHook(levels: ["error"])
            hook.offer(line("broken", fields: [.init(name: "dots", value: "x")]))
            hook.offer(line(".starts with a dot"))
            let captured = try Captured()
            try await run(settings, hook, captured.output(.text).logger("mail"))
            let trouble = try captured.lines
            #expect(hook.dropped == 0, "\(trouble) \(daemon.logText)")
            let mail = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: scratch.path("mail"))) as? [String: Any]
            )
            #expect(mail["from"] as? String == "registry@example.org")
            #expect(mail["to"] as? [String] == ["a@example.org", "b@example.org"])
            #expect(mail["user"] as? String == (mode == "plain" ? "" : "user"))
            #expect(mail["tls"] as? Bool == (mode == "starttls"))
            let text = try #require(mail["text"] as? String)
            #expect(text.contains("\r\n.starts with a dot\r\n"))
            #expect(text.contains("\r\ndots: x\r\n"))
        } catch {
            await daemon.stop()
            throw error
        }
        await daemon.stop()
    }

    /// Sends what waits.
    private func run(_ settings: Mailer.Settings, _ hook: MailHook, _ logger: Logger) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        await Mailer(settings: settings, hook: hook, eventLoopGroup: group, logger: logger).sendOnce()
    }

    private func makeCertificate(_ scratch: ScratchFolder) async throws {
        try await Command(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-keyout", scratch.string("key.pem"), "-out", scratch.string("cert.pem"),
            ]
        ).run()
    }

    private static let script = """
        import asyncio, json, os, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
        mode, folder = sys.argv[1:3]
        class Handler:
            async def handle_DATA(self, server, session, envelope):
                mail = {
                    "from": envelope.mail_from, "to": envelope.rcpt_tos,
                    "text": envelope.original_content.decode(),
                    "user": session.auth_data.login.decode() if session.auth_data else "",
                    "tls": session.ssl is not None,
                }
                with open(os.path.join(folder, "mail"), "w") as file: json.dump(mail, file)
                return "250 OK"
        def check(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"user", b"pass word")
            return AuthResult(success=good, auth_data=data)
        options = {"authenticator": check, "auth_require_tls": False}
        if mode == "starttls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
            options = {"authenticator": check, "tls_context": context, "require_starttls": True}
        if mode == "login":
            options["auth_exclude_mechanism"] = ["PLAIN"]
        async def main():
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: SMTP(Handler(), **options), "127.0.0.1", 0)
            with open(os.path.join(folder, "port.new"), "w") as file:
                file.write(str(server.sockets[0].getsockname()[1]))
            os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
            await server.serve_forever()
        asyncio.run(main())
        """
}
