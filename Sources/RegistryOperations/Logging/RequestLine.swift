internal import HTTPTypes
internal import RegistryAuth
internal import RegistryHTTP

/// The lines of a ``RequestLog`` about what succeeded, in the form that nearly all operators have: text, no caller
/// named, nobody else who hears of them.
///
/// They go from the request straight into bytes. By way of fields, which are sorted and escaped as if they could be
/// anything, a line was 50,000 of the 212,000 instructions of a manifest's pull (callgrind).
struct RequestLine: Sendable {
    /// What a line has of a request and of its answer, in the order of the names.
    private enum Field: Int, CaseIterable {
        case userName, contentType, host, id, method, referer, remoteAddress, uri, userAgent
        case answerType, duration, status, written, variables

        /// ` name=`; of the variables what all of them begin with.
        var opening: StaticString {
            switch self {
            case .userName: " auth.user.name="
            case .contentType: " http.request.contenttype="
            case .host: " http.request.host="
            case .id: " http.request.id="
            case .method: " http.request.method="
            case .referer: " http.request.referer="
            case .remoteAddress: " http.request.remoteaddr="
            case .uri: " http.request.uri="
            case .userAgent: " http.request.useragent="
            case .answerType: " http.response.contenttype="
            case .duration: " http.response.duration="
            case .status: " http.response.status="
            case .written: " http.response.written="
            case .variables: " vars."
            }
        }

        var name: String { String(opening.description.dropFirst().prefix { $0 != "=" }) }
    }

    /// The output's own fields as they stand in a line: before each of the above those that precede it by name, and
    /// at the end those that follow all.
    private let own: [[UInt8]]

    /// Makes lines for an output; `nil` where its lines have another form, or a field of its own has a name of ours.
    init?(_ output: LogOutput) {
        guard output.format == .text, !output.reportsCaller, output.hooks.isEmpty else { return nil }
        var own = [[UInt8]](repeating: [], count: Field.allCases.count + 1)
        for field in output.fields {
            guard !field.name.hasPrefix("vars."), !Field.allCases.contains(where: { $0.name == field.name }) else {
                return nil
            }
            let next = Field.allCases.first { $0.name > field.name }?.rawValue ?? Field.allCases.count
            LogLine.append(field, isCallerNamed: false, to: &own[next])
        }
        self.own = own
    }

    /// The line `authorized request`.
    func authorized(_ exchange: Exchange, _ request: HTTPRequest, id: String, at time: LogTime) -> [UInt8] {
        line("authorized request", exchange, request, id: id, at: time, hasAnswer: false)
    }

    /// The line `response completed`.
    func completed(_ exchange: Exchange, _ request: HTTPRequest, id: String, at time: LogTime) -> [UInt8] {
        line("response completed", exchange, request, id: id, at: time, hasAnswer: true)
    }

    private func line(
        _ message: StaticString,
        _ exchange: Exchange,
        _ request: HTTPRequest,
        id: String,
        at time: LogTime,
        hasAnswer: Bool
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(768)
        line.append("time=\"")
        time.append(rfc3339: &line)
        line.append("\" level=info msg=\"")
        line.append(message)
        line.append("\"")
        /// Begins a field, and what stands before it.
        func open(_ field: Field, if isThere: Bool = true) {
            if !own[field.rawValue].isEmpty { line += own[field.rawValue] }
            if isThere { line.append(field.opening) }
        }
        func add(_ field: Field, _ value: String?) {
            open(field, if: value != nil)
            if let value { LogLine.append(value: value, to: &line) }
        }
        add(.userName, exchange.notes.principal?.name)
        add(.contentType, request.headerFields.value(of: .contentType))
        add(.host, request.authority ?? "")
        add(.id, id)
        add(.method, request.method.rawValue)
        add(.referer, request.headerFields.value(of: .referer))
        add(.remoteAddress, exchange.notes.forwardedAddress ?? exchange.peer.address)
        add(.uri, request.path ?? "")
        add(.userAgent, request.headerFields.value(of: .userAgent) ?? "")
        add(.answerType, hasAnswer ? exchange.headers.value(of: .contentType) : nil)
        open(.duration, if: hasAnswer)
        if hasAnswer {
            // Its letters are plain but for the µ.
            let isQuoted = (.microseconds(1) ..< .milliseconds(1)).contains(exchange.duration)
            if isQuoted { line.append("\"") }
            exchange.duration.append(goText: &line)
            if isQuoted { line.append("\"") }
        }
        open(.status, if: hasAnswer)
        if hasAnswer { line.append(decimal: exchange.status) }
        open(.written, if: hasAnswer)
        if hasAnswer { line.append(decimal: Int(exchange.bytesSent)) }
        open(.variables, if: false)
        func add(variable: StaticString, _ value: String) {
            line.append(Field.variables.opening)
            line.append(variable)
            LogLine.append(value: value, to: &line)
        }
        let variables = exchange.notes.variables
        for (name, value) in variables where name == "digest" { add(variable: "digest=", value) }
        for (name, value) in variables {
            switch name {
            case "name": add(variable: "name=", value)
            case "reference": add(variable: "reference=", value)
            case "uuid": add(variable: "uuid=", value)
            default: break
            }
        }
        if let last = own.last { line += last }
        line.append("\n")
        return line
    }
}
