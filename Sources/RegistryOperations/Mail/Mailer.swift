public import Logging
public import NIOCore
public import ServiceLifecycle

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Sends the lines that a ``MailHook`` took aside.
///
/// Mails leave at an interval, so that a registry that fails at each request sends a few mails and not thousands: all
/// lines that came meanwhile go in one.
public struct Mailer: Service {
    /// The mail server, and who writes to whom.
    public struct Settings: Sendable {
        /// The mail server's name or address.
        public var host: String
        /// The mail server's port; 465 is spoken to in TLS from the start.
        public var port: Int
        /// The name to log in with, if any.
        public var username: String?
        /// The password to log in with, if any.
        public var password: String?
        /// Whether the server's certificate goes unchecked, and a password may go without TLS.
        public var isInsecure = false
        /// The sender's address.
        public var from: String
        /// The receivers' addresses.
        public var to: [String]
        /// The shortest time between two mails.
        public var interval: Duration = .seconds(10)
        /// How long the mail server may take for each of its answers.
        public var timeout: Duration = .seconds(30)

        /// Makes settings.
        public init(host: String, port: Int, from: String, to: [String]) {
            self.host = host
            self.port = port
            self.from = from
            self.to = to
        }
    }

    private let settings: Settings
    private let hook: MailHook
    private let group: any EventLoopGroup
    private let logger: Logger

    /// Makes a mailer.
    ///
    /// - Parameters:
    ///   - settings: the mail server, and who writes to whom.
    ///   - hook: what lines to send.
    ///   - eventLoopGroup: where the connection to the mail server lives.
    ///   - logger: where trouble with the mail server is told. Its output must not have `hook`, or a mail server that
    ///     fails would be its own topic.
    public init(settings: Settings, hook: MailHook, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.settings = settings
        self.hook = hook
        group = eventLoopGroup
        self.logger = logger
    }

    /// Sends mails until the service is told to stop, then those that wait.
    public func run() async throws {
        // A task that was cancelled can't connect any more.
        while !Task.isCancelled {
            // The last lines are those that tell why it stops.
            let isLast = Task.isShuttingDownGracefully
            await sendOnce()
            if isLast { return }
            // Only the pause is cut short: a mail that is being sent then would be lost.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: settings.interval) }
        }
    }

    /// Sends a mail of what waits, if anything does.
    func sendOnce() async {
        let (lines, leftOut) = hook.take()
        guard let first = lines.first else { return }
        let message = MailMessage(lines: lines, leftOut: leftOut, first: first, settings: settings)
        do {
            try await SMTPClient(settings: settings, group: group).send(message)
        } catch {
            hook.lost(lines.count)
            logger.warning(
                "a mail about the log could not be sent",
                metadata: ["mail.server": "\(settings.host):\(settings.port)", "error": "\(error)"]
            )
        }
    }
}

/// A mail about lines of the log.
struct MailMessage: Sendable {
    let from: String
    let to: [String]
    /// The lines of head and body, without their ends.
    let lines: [String]

    init(lines: [LogLine], leftOut: Int, first: LogLine, settings: Mailer.Settings) {
        from = settings.from
        to = settings.to
        var subject = "[\(first.level.logrusName)] \(Self.hostName()): \(first.message)"
        if lines.count + leftOut > 1 { subject += " (and \(lines.count + leftOut - 1) more)" }
        var text = [
            "To: \(Self.header(settings.to.joined(separator: ", ")))",
            "From: \(Self.header(settings.from))",
            "Subject: \(Self.encoded(subject))",
            "Date: \(first.time.mail)",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            "",
        ]
        for line in lines {
            text += [line.message, ""].map(Self.header)
            for field in [LogLine.Field(name: "time", value: line.time.rfc3339)] + line.fields {
                text.append(Self.header("\(field.name): \(field.value)"))
            }
            text.append("")
        }
        if leftOut > 0 { text.append("\(leftOut) further lines were left out.") }
        self.lines = text
    }

    /// A text without what would end its line.
    private static func header(_ text: String) -> String {
        // A line of a mail has 998 bytes at the most (RFC 5322 section 2.1.1); a character has four at the most.
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(240).map { $0.value < 0x20 ? " " : $0 }))
    }

    /// A subject, encoded where it is not ASCII (RFC 2047).
    private static func encoded(_ text: String) -> String {
        let text = header(text)
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        // An encoded word has 75 characters at the most: 45 bytes in base64, and what is around them.
        var words: [String] = []
        var word = ""
        for character in text {
            if word.utf8.count + character.utf8.count > 45 {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        return (words + [word]).map { "=?utf-8?B?\(Base64.encode($0.utf8))?=" }.joined(separator: "\r\n ")
    }

    private static func hostName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
            guard let start = name.baseAddress, gethostname(start, name.count) == 0 else { return "registry" }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

/// Base64 with its padding ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4)). Twelve lines instead of
/// Foundation, of which it would be the only use here.
enum Base64 {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array(bytes)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                text.append(
                    position <= group.count
                        ? alphabet[Int(value >> UInt32(18 - 6 * position)) & 63] : UInt8(ascii: "=")
                )
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
