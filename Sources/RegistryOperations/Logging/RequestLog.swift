internal import HTTPTypes
public import Logging
internal import RegistryAuth
internal import RegistryCore
public import RegistryHTTP

/// Tells a log of each answered request: the replaced server's lines `authorized request`, `response completed` and
/// `response completed with error`, with its names of fields.
///
/// Nothing is put together for a line whose level is off.
public struct RequestLog: ServerObserver {
    private let logger: Logger
    private let makeID: @Sendable () -> String

    /// Makes an observer that tells `logger`.
    public init(_ logger: Logger) { self.init(logger) { UploadID().description } }

    init(_ logger: Logger, makeID: @escaping @Sendable () -> String) {
        self.logger = logger
        self.makeID = makeID
    }

    /// Writes the lines.
    public func exchangeFinished(_ exchange: Exchange) {
        guard let request = exchange.request else {
            guard logger.logLevel <= .debug else { return }
            var fields: Logger.Metadata = [:]
            Self.addResponse(exchange, to: &fields)
            logger.debug("a request could not be understood", metadata: fields)
            return
        }
        let error = exchange.notes.error
        // The replaced server has no lines for what is outside of the API.
        guard error != nil || logger.logLevel <= .info, Endpoint(target: request.path) != .other else { return }
        if let error {
            tell(error, exchange, request)
            return
        }
        guard (200..<400).contains(exchange.status) else { return }
        var fields = fields(exchange, request)
        if exchange.notes.principal?.name != nil { logger.info("authorized request", metadata: fields) }
        Self.addResponse(exchange, to: &fields)
        logger.info("response completed", metadata: fields)
    }

    private func tell(_ error: RegistryError, _ exchange: Exchange, _ request: HTTPRequest) {
        if exchange.notes.principal == nil, error.code == .unauthorized || error.code == .denied {
            logger.warning("error authorizing context: \(error.message)", metadata: fields(exchange, request))
            return
        }
        guard logger.logLevel <= .error else { return }
        var fields = fields(exchange, request)
        Self.addResponse(exchange, to: &fields)
        for entry in error.entries {
            var fields = fields
            fields["err.code"] = "\(entry.code.logName)"
            fields["err.message"] = "\(entry.message)"
            if let detail = entry.detail { fields["err.detail"] = "\(detail.logText)" }
            if let cause = error.cause { fields["err.cause"] = "\(cause)" }
            logger.error("response completed with error", metadata: fields)
        }
    }

    /// What the request was.
    private func fields(_ exchange: Exchange, _ request: HTTPRequest) -> Logger.Metadata {
        var fields = Logger.Metadata(minimumCapacity: 20)
        fields["http.request.id"] = .string(makeID())
        fields["http.request.method"] = .string(request.method.rawValue)
        fields["http.request.host"] = .string(request.authority ?? "")
        fields["http.request.uri"] = .string(request.path ?? "")
        fields["http.request.useragent"] = .string(request.headerFields[.userAgent] ?? "")
        // The access log has the connection's other end instead.
        if let address = exchange.notes.forwardedAddress ?? exchange.peer.address {
            fields["http.request.remoteaddr"] = .string(address)
        }
        if let referer = request.headerFields[.referer] { fields["http.request.referer"] = .string(referer) }
        if let type = request.headerFields[.contentType] { fields["http.request.contenttype"] = .string(type) }
        for variable in exchange.notes.variables { fields["vars.\(variable.name)"] = .string(variable.value) }
        if let name = exchange.notes.principal?.name { fields["auth.user.name"] = .string(name) }
        return fields
    }

    /// What the answer was.
    private static func addResponse(_ exchange: Exchange, to fields: inout Logger.Metadata) {
        fields["http.response.status"] = .stringConvertible(exchange.status)
        fields["http.response.written"] = .stringConvertible(exchange.bytesSent)
        fields["http.response.duration"] = .string(exchange.duration.goText)
        if let type = exchange.headers[.contentType] { fields["http.response.contenttype"] = .string(type) }
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
