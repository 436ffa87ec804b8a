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

    /// Appends the lines: `authorized request` where somebody is logged in, and `response completed`.
    ///
    /// - Returns: how many there are.
    func append(
        _ exchange: Exchange,
        _ request: HTTPRequest,
        id: String,
        at time: LogTime,
        to lines: inout [UInt8]
    ) -> Int {
        let isAuthorized = exchange.notes.principal?.name != nil
        if isAuthorized {
            Self.begin("authorized request", at: time, &lines)
            let start = lines.count
            append(exchange, request, id: id, to: &lines)
            let fields = start..<lines.count
            append(answer: nil, to: &lines)
            appendVariables(exchange, to: &lines)
            Self.begin("response completed", at: time, &lines)
            lines += lines[fields]
        } else {
            Self.begin("response completed", at: time, &lines)
            append(exchange, request, id: id, to: &lines)
        }
        append(answer: exchange, to: &lines)
        appendVariables(exchange, to: &lines)
        return isAuthorized ? 2 : 1
    }

    private static func begin(_ message: StaticString, at time: LogTime, _ line: inout [UInt8]) {
        line.append("time=\"")
        time.append(rfc3339: &line)
        line.append("\" level=info msg=\"")
        line.append(message)
        line.append("\"")
    }

    /// Begins a field, and what stands before it.
    private func open(_ field: Field, if isThere: Bool = true, _ line: inout [UInt8]) {
        if !own[field.rawValue].isEmpty { line += own[field.rawValue] }
        if isThere { line.append(field.opening) }
    }

    /// Appends the request's fields.
    private func append(_ exchange: Exchange, _ request: HTTPRequest, id: String, to line: inout [UInt8]) {
        func add(_ field: Field, _ value: String?) {
            open(field, if: value != nil, &line)
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
    }

    /// Appends the answer's fields; of none only what stands before them.
    private func append(answer: Exchange?, to line: inout [UInt8]) {
        let type = answer?.headers.value(of: .contentType)
        open(.answerType, if: type != nil, &line)
        if let type { LogLine.append(value: type, to: &line) }
        open(.duration, if: answer != nil, &line)
        if let answer {
            // Its letters are plain but for the µ.
            let isQuoted = (.microseconds(1) ..< .milliseconds(1)).contains(answer.duration)
            if isQuoted { line.append("\"") }
            answer.duration.append(goText: &line)
            if isQuoted { line.append("\"") }
        }
        open(.status, if: answer != nil, &line)
        if let answer { line.append(decimal: answer.status) }
        open(.written, if: answer != nil, &line)
        if let answer { line.append(decimal: Int(answer.bytesSent)) }
    }

    /// Appends the names in the path, and the line's end.
    private func appendVariables(_ exchange: Exchange, to line: inout [UInt8]) {
        open(.variables, if: false, &line)
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
    }
}
