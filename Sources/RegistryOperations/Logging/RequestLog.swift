internal import HTTPTypes
internal import Logging
internal import RegistryAuth
internal import RegistryCore
public import RegistryHTTP

/// Tells a log of each answered request: the replaced server's lines `authorized request`, `response completed` and
/// `response completed with error`, with its names of fields.
///
/// Nothing is put together for a line whose level is off.
public struct RequestLog: ServerObserver {
    private let output: LogOutput
    private let makeID: @Sendable () -> String

    /// Makes an observer that writes to `output`. It does so without a `Logger`, whose metadata is a dictionary that is
    /// made and sorted for each line: a third of what a small pull cost.
    public init(_ output: LogOutput) { self.init(output) { UploadID().description } }

    init(_ output: LogOutput, makeID: @escaping @Sendable () -> String) {
        self.output = output
        self.makeID = makeID
    }

    /// Writes the lines.
    public func exchangeFinished(_ exchange: Exchange) {
        guard let request = exchange.request else {
            guard output.level <= .debug else { return }
            var fields: [LogLine.Field] = []
            Self.addResponse(exchange, to: &fields)
            write(.debug, "a request could not be understood", fields)
            return
        }
        let error = exchange.notes.error
        // The replaced server has no lines for what is outside of the API.
        guard error != nil || output.level <= .info, Endpoint(target: request.path) != .other else { return }
        if let error {
            tell(error, exchange, request)
            return
        }
        guard (200..<400).contains(exchange.status) else { return }
        var fields = fields(exchange, request)
        if exchange.notes.principal?.name != nil { write(.info, "authorized request", fields) }
        Self.addResponse(exchange, to: &fields)
        write(.info, "response completed", fields)
    }

    private func write(_ level: Logger.Level, _ message: String, _ fields: [LogLine.Field]) {
        output.write(level, message, fields, from: ("exchangeFinished(_:)", "\(#fileID):\(#line)"))
    }

    private func tell(_ error: RegistryError, _ exchange: Exchange, _ request: HTTPRequest) {
        if exchange.notes.principal == nil, error.code == .unauthorized || error.code == .denied {
            guard output.level <= .warning else { return }
            write(.warning, "error authorizing context: \(error.message)", fields(exchange, request))
            return
        }
        guard output.level <= .error else { return }
        var fields = fields(exchange, request)
        Self.addResponse(exchange, to: &fields)
        for entry in error.entries {
            var fields = fields
            if let cause = error.cause { fields.append(.init(name: "err.cause", value: "\(cause)")) }
            fields.append(.init(name: "err.code", value: entry.code.logName))
            if let detail = entry.detail { fields.append(.init(name: "err.detail", value: detail.logText)) }
            fields.append(.init(name: "err.message", value: entry.message))
            write(.error, "response completed with error", fields)
        }
    }

    /// What the request was, by name but for what is rare.
    private func fields(_ exchange: Exchange, _ request: HTTPRequest) -> [LogLine.Field] {
        var fields: [LogLine.Field] = []
        fields.reserveCapacity(16)
        func add(_ name: String, _ value: String?) {
            if let value { fields.append(.init(name: name, value: value)) }
        }
        add("auth.user.name", exchange.notes.principal?.name)
        add("http.request.contenttype", request.headerFields[.contentType])
        add("http.request.host", request.authority ?? "")
        add("http.request.id", makeID())
        add("http.request.method", request.method.rawValue)
        add("http.request.referer", request.headerFields[.referer])
        // The access log has the connection's other end instead.
        add("http.request.remoteaddr", exchange.notes.forwardedAddress ?? exchange.peer.address)
        add("http.request.uri", request.path ?? "")
        add("http.request.useragent", request.headerFields[.userAgent] ?? "")
        for variable in exchange.notes.variables { add("vars.\(variable.name)", variable.value) }
        return fields
    }

    /// What the answer was.
    private static func addResponse(_ exchange: Exchange, to fields: inout [LogLine.Field]) {
        if let type = exchange.headers[.contentType] {
            fields.append(.init(name: "http.response.contenttype", value: type))
        }
        fields.append(.init(name: "http.response.duration", value: exchange.duration.goText))
        fields.append(.init(name: "http.response.status", value: String(exchange.status), isNumber: true))
        fields.append(.init(name: "http.response.written", value: String(exchange.bytesSent), isNumber: true))
    }
}

extension RegistryError {
    fileprivate var message: String { entries.first?.message ?? code.message }
}

extension ErrorCode {
    /// The code as the replaced server's log has it: `manifest unknown`.
    fileprivate var logName: String { rawValue.lowercased().split(separator: "_").joined(separator: " ") }
}

extension ErrorDetail {
    fileprivate var logText: String {
        func text(_ fields: [Field]) -> String { fields.map { "\($0.name):\($0.value)" }.joined(separator: " ") }
        return switch self {
        case .text(let text): text
        case .fields(let fields): text(fields)
        case .list(let list): list.map { "{\(text($0))}" }.joined(separator: " ")
        }
    }
}

extension Duration {
    /// The duration as Go writes it, in one unit: `1.5ms`.
    var goText: String {
        let (seconds, attoseconds) = components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        for (unit, length) in [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)] where nanoseconds >= length {
            let fraction = nanoseconds % length
            guard fraction > 0 else { return "\(nanoseconds / length)\(unit)" }
            let digits = String(fraction + length).dropFirst()
            let end = digits.lastIndex { $0 != "0" } ?? digits.startIndex
            return "\(nanoseconds / length).\(digits[...end])\(unit)"
        }
        return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
    }
}
