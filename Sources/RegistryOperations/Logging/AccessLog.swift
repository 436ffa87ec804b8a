internal import HTTPTypes
internal import RegistryAuth
public import RegistryHTTP

/// Writes a line for each request in Apache's
/// [combined format](https://httpd.apache.org/docs/2.4/logs.html#combined), as the replaced server does on standard
/// output.
///
/// What a client sent stands in quotation marks and is escaped as Go escapes. The user is the one who logged in, where
/// the replaced server writes `-`.
public struct AccessLog: ServerObserver {
    private let writer: LogWriter
    private let time: @Sendable () -> LogTime

    /// Makes a log that is written through `writer`.
    public init(_ writer: LogWriter) { self.init(writer, time: LogTime.now) }

    init(_ writer: LogWriter, time: @escaping @Sendable () -> LogTime) {
        self.writer = writer
        self.time = time
    }

    /// Writes the lines.
    public func exchangesFinished(_ exchanges: Span<Exchange>) {
        var lines = LineBatch(of: exchanges.count)
        let time = time()
        for place in exchanges.indices {
            Self.append(exchanges[place], at: time, to: &lines.bytes)
            lines.end(1, writer)
        }
        lines.write(to: writer)
    }

    static func append(_ exchange: Exchange, at time: LogTime, to line: inout [UInt8]) {
        line.append(text: exchange.peer.address.map(host) ?? "-"[...])
        line.append(" - ")
        appendUser(exchange.notes.principal?.name, to: &line)
        line.append(" [")
        time.append(apache: &line)
        line.append("] \"")
        if let request = exchange.request {
            GoQuoting.append(escaped: request.method.rawValue, to: &line)
            line.append(UInt8(ascii: " "))
            GoQuoting.append(escaped: request.path ?? "", to: &line)
            line.append(UInt8(ascii: " "))
            line.append(text: exchange.version.rawValue)
        } else {
            line.append(UInt8(ascii: "-"))
        }
        line.append("\" ")
        line.append(decimal: exchange.status)
        line.append(UInt8(ascii: " "))
        line.append(decimal: Int(exchange.bytesSent))
        line.append(UInt8(ascii: " "))
        GoQuoting.append(quoted: exchange.request?.headerFields.value(of: .referer) ?? "", to: &line)
        line.append(UInt8(ascii: " "))
        GoQuoting.append(quoted: exchange.request?.headerFields.value(of: .userAgent) ?? "", to: &line)
        line.append(UInt8(ascii: "\n"))
    }

    /// A user's name, in which a space would end the field.
    private static func appendUser(_ name: String?, to line: inout [UInt8]) {
        guard let name, !name.isEmpty else {
            line.append(UInt8(ascii: "-"))
            return
        }
        // To part a name takes 3,000 instructions, and hardly any has a space.
        guard name.utf8.contains(UInt8(ascii: " ")) else {
            GoQuoting.append(escaped: name, to: &line)
            return
        }
        for part in name.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { line += #"\x20"#.utf8 }
            GoQuoting.append(escaped: part.element, to: &line)
        }
    }

    /// An address without its port and brackets.
    private static func host(_ address: String) -> Substring {
        let bytes = address.utf8
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return address[...] }
        let host = bytes[..<colon]
        return Substring(host.first == UInt8(ascii: "[") ? host.dropFirst().dropLast() : host)
    }
}
