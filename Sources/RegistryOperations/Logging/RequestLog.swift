internal import HTTPTypes
internal import Logging
internal import RegistryAuth
internal import RegistryCore
public import RegistryHTTP
internal import Synchronization

/// Tells a log of each answered request: the replaced server's lines `authorized request`, `response completed` and
/// `response completed with error`, with its names of fields.
///
/// Nothing is put together for a line whose level is off.
public struct RequestLog: ServerObserver {
    private let output: LogOutput
    /// The form of the lines about what succeeded; `nil` where they are written field by field, as all others are.
    private let line: RequestLine?
    private let makeID: @Sendable () -> String

    /// Makes an observer that writes to `output`. It does so without a `Logger`, whose metadata is a dictionary that is
    /// made and sorted for each line: a third of what a small pull cost.
    public init(_ output: LogOutput) {
        self.init(output, line: RequestLine(output)) {
            var identifiers = RequestIDs()
            return UploadID(using: &identifiers).description
        }
    }

    init(_ output: LogOutput, line: RequestLine? = nil, makeID: @escaping @Sendable () -> String) {
        self.output = output
        self.line = line
        self.makeID = makeID
    }

    /// Writes the lines.
    public func exchangesFinished(_ exchanges: Span<Exchange>) {
        var lines = LineBatch(of: line == nil || output.level > .info ? 0 : exchanges.count)
        let time = output.time()
        for place in exchanges.indices { tell(exchanges[place], at: time, &lines) }
        lines.write(to: output.writer)
    }

    /// Adds the lines of what succeeded to a batch, if they have the usual form, and writes others behind that.
    private func tell(_ exchange: Exchange, at time: LogTime, _ lines: inout LineBatch) {
        guard let request = exchange.request else {
            guard output.level <= .debug else { return }
            var fields: [LogLine.Field] = []
            Self.addResponse(exchange, to: &fields)
            lines.write(to: output.writer)
            write(.debug, "a request could not be understood", fields)
            return
        }
        let error = exchange.notes.error
        // The replaced server has no lines for what is outside of the API.
        guard error != nil || output.level <= .info, Endpoint(target: request.path) != .other else { return }
        if let error {
            lines.write(to: output.writer)
            tell(error, exchange, request)
            return
        }
        guard (200..<400).contains(exchange.status) else { return }
        if let line {
            let count = line.append(exchange, request, id: makeID(), at: time, to: &lines.bytes)
            lines.end(count, output.writer)
            return
        }
        var fields = fields(exchange, request)
        if exchange.notes.principal?.name != nil { write(.info, "authorized request", fields) }
        Self.addResponse(exchange, to: &fields)
        write(.info, "response completed", fields)
    }

    private func write(_ level: Logger.Level, _ message: String, _ fields: [LogLine.Field]) {
        output.write(level, message, fields, from: ("exchangesFinished(_:)", "\(#fileID):\(#line)"))
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
        var text: [UInt8] = []
        append(goText: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends ``goText``.
    func append(goText line: inout [UInt8]) {
        let (seconds, attoseconds) = components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        switch nanoseconds {
        case ..<1: line.append("0s")
        case ..<1_000: Self.append(nanoseconds, "ns", of: 1, places: 0, to: &line)
        case ..<1_000_000: Self.append(nanoseconds, "µs", of: 1_000, places: 3, to: &line)
        case ..<1_000_000_000: Self.append(nanoseconds, "ms", of: 1_000_000, places: 6, to: &line)
        default: Self.append(nanoseconds, "s", of: 1_000_000_000, places: 9, to: &line)
        }
    }

    private static func append(
        _ nanoseconds: Int,
        _ unit: StaticString,
        of length: Int,
        places: Int,
        to line: inout [UInt8]
    ) {
        line.append(decimal: nanoseconds / length)
        let fraction = nanoseconds % length
        if fraction > 0 {
            line.append(".")
            line.append(fraction, digits: places)
            while line.last == UInt8(ascii: "0") { line.removeLast() }
        }
        line.append(unit)
    }
}

/// Random bits for the identifiers of requests, mixed from a count and from what tells this process from all others.
/// They need not be hard to guess, and from the kernel they would cost two calls a request.
private struct RequestIDs: RandomNumberGenerator {
    private static let process = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    /// The next 64 bits: a step of SplitMix64.
    mutating func next() -> UInt64 {
        let step = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        var bits = Self.process &+ step &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits &>> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits &>> 31
    }
}
