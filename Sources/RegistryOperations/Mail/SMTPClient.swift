internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Sends one mail to one server by SMTP ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)).
///
/// Written here because no maintained SMTP library was in reach; it needs seven commands, in 200 lines.
struct SMTPClient {
    let settings: Mailer.Settings
    let group: any EventLoopGroup

    /// What kept a mail from being sent.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Sends a mail.
    ///
    /// - Throws: ``Failure`` when the server refuses or does not answer in time; what connecting and TLS throw.
    func send(_ mail: MailMessage) async throws {
        let usesTLS = settings.port == 465
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.init(settings.timeout))
            .connect(host: settings.host, port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        if usesTLS { try await startTLS(channel.channel) }
        try await withDeadline(channel.channel) {
            try await channel.executeThenClose { inbound, outbound in
                var dialogue = SMTPDialogue(
                    replies: inbound.makeAsyncIterator(),
                    output: outbound,
                    isEncrypted: usesTLS
                )
                try await speak(&dialogue, mail, channel.channel)
            }
        }
    }

    private func speak(_ dialogue: inout SMTPDialogue, _ mail: MailMessage, _ channel: any Channel) async throws {
        try await dialogue.expect(220, after: nil)
        var extensions = try await dialogue.greet()
        if !dialogue.isEncrypted, extensions.contains("STARTTLS") {
            try await dialogue.expect(220, after: "STARTTLS")
            // What came with the reply came without encryption, and could be anybody's.
            guard dialogue.isDrained else { throw Failure(description: "the server spoke before TLS began") }
            try await startTLS(channel)
            dialogue.isEncrypted = true
            extensions = try await dialogue.greet()
        }
        if let username = settings.username, !username.isEmpty {
            try await logIn(&dialogue, extensions, username)
        }
        try await dialogue.expect(250, after: "MAIL FROM:<\(try Self.address(mail.from))>")
        for receiver in mail.to {
            try await dialogue.expect(250, after: "RCPT TO:<\(try Self.address(receiver))>")
        }
        try await dialogue.expect(354, after: "DATA")
        // A line that is a dot alone ends the mail, so a dot at a line's begin is doubled (section 4.5.2).
        let text = mail.lines.joined(separator: "\r\n").split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0.utf8.first == UInt8(ascii: ".") ? ".\($0)" : String($0) }
        try await dialogue.expect(250, after: text.joined(separator: "\r\n") + "\r\n.", naming: "the mail")
        _ = try? await dialogue.expect(221, after: "QUIT")
    }

    private func logIn(_ dialogue: inout SMTPDialogue, _ extensions: Set<String>, _ username: String) async throws {
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(settings.host)
        guard dialogue.isEncrypted || isLocal || settings.isInsecure else {
            throw Failure(description: "the server offers no TLS, and the password must not be sent without")
        }
        let password = settings.password ?? ""
        if extensions.contains("AUTH PLAIN") || !extensions.contains("AUTH LOGIN") {
            let secret = Base64.encode("\0\(username)\0\(password)".utf8)
            try await dialogue.expect(235, after: "AUTH PLAIN \(secret)", naming: "AUTH")
        } else {
            try await dialogue.expect(334, after: "AUTH LOGIN")
            try await dialogue.expect(334, after: Base64.encode(username.utf8), naming: "the user's name")
            try await dialogue.expect(235, after: Base64.encode(password.utf8), naming: "the password")
        }
    }

    private func startTLS(_ channel: any Channel) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if settings.isInsecure { configuration.certificateVerification = .none }
        let context = try NIOSSLContext(configuration: configuration)
        let host = settings.host
        // An address is no name that a server could be asked for.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        try await channel.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    /// Closes the channel when the whole takes too long: ten times as long as each answer may.
    private func withDeadline(_ channel: any Channel, _ body: () async throws -> Void) async throws {
        let timer = channel.eventLoop.scheduleTask(in: .init(settings.timeout) * 10) { channel.close(promise: nil) }
        defer { timer.cancel() }
        try await body()
    }

    /// An address that can't break its command off.
    private static func address(_ text: String) throws -> String {
        var text = text[...]
        if let open = text.lastIndex(of: "<"), text.last == ">" { text = text[text.index(after: open)...].dropLast() }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != 0x3C && $0 != 0x3E }) else {
            throw Failure(description: "'\(text)' is no address")
        }
        return String(text)
    }
}

/// Commands and their replies, in turn.
struct SMTPDialogue {
    var replies: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    var isEncrypted: Bool
    private var received = ByteBuffer()

    /// Whether nothing has arrived that was not read.
    var isDrained: Bool { received.readableBytes == 0 }

    init(
        replies: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        output: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        isEncrypted: Bool
    ) {
        self.replies = replies
        self.output = output
        self.isEncrypted = isEncrypted
    }

    /// Says `EHLO`, and answers what the server can: `STARTTLS`, `AUTH PLAIN`.
    mutating func greet() async throws -> Set<String> {
        let lines = try await expect(250, after: "EHLO localhost")
        var extensions: Set<String> = []
        for line in lines {
            let words = line.uppercased().split(separator: " ")
            guard let first = words.first else { continue }
            extensions.insert(String(first))
            for word in words.dropFirst() { extensions.insert("\(first) \(word)") }
        }
        return extensions
    }

    /// Sends a command and waits for its reply.
    ///
    /// - Parameter name: what stands for the command in an error, where the command itself is secret or long.
    /// - Returns: the reply's lines without the code.
    @discardableResult
    mutating func expect(_ code: Int, after command: String?, naming name: String? = nil) async throws -> [String] {
        if let command { try await output.write(ByteBuffer(string: command + "\r\n")) }
        var lines: [String] = []
        while true {
            let line = try await nextLine()
            guard let answered = Int(line.prefix(3)), lines.count < 100 else {
                throw SMTPClient.Failure(description: "the server does not speak SMTP: \(line.prefix(100))")
            }
            lines.append(String(line.dropFirst(4)))
            if line.dropFirst(3).first == "-" { continue }
            guard answered == code else {
                let command = name ?? command ?? "connecting"
                throw SMTPClient.Failure(description: "the server refused \(command): \(line.prefix(200))")
            }
            return lines
        }
    }

    private mutating func nextLine() async throws -> String {
        while true {
            if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = received.readString(length: end - received.readerIndex + 1) ?? ""
                return String(line.unicodeScalars.filter { $0 != "\r" && $0 != "\n" })
            }
            guard received.readableBytes < 8192, let part = try await replies.next(isolation: #isolation) else {
                throw SMTPClient.Failure(description: "the server closed the connection")
            }
            received.writeImmutableBuffer(part)
        }
    }
}
