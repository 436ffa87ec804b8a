internal import Logging
internal import NIOCore
internal import RegistryCore

/// The form of a log's lines (`log.formatter`).
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// `time="…" level=info msg="…" key=value`.
    case text
    /// One JSON object with `time`, `level`, `msg` and the fields.
    case json
    /// One JSON object with `@timestamp`, `@version`, `message`, `level`, `type` and the fields.
    case logstash
}

/// One line of a log, as logrus writes it.
struct LogLine {
    var time: LogTime
    var level: Logger.Level
    var message: String
    /// The fields, sorted by name byte by byte.
    var fields: [Field]
    /// The function and the place that wrote it (`log.reportcaller`).
    var caller: (function: String, file: String)?

    /// A named value.
    struct Field: Sendable {
        var name: String
        var value: String
        /// Whether JSON has it without quotation marks.
        var isNumber = false
    }

    /// The bytes of the line, its end included.
    func rendered(as format: LogFormat) -> [UInt8] {
        switch format {
        case .text: text
        case .json: json(time: "time", message: "msg", further: [])
        case .logstash:
            json(
                time: "@timestamp",
                message: "message",
                further: [Field(name: "@version", value: "1"), Field(name: "type", value: "log")]
            )
        }
    }

    private var text: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(640)
        line += "time=\"".utf8
        time.append(rfc3339: &line)
        line.append(UInt8(ascii: "\""))
        Self.append("level", level.logrusName, to: &line)
        if !message.isEmpty { Self.append("msg", message, to: &line) }
        if let caller {
            Self.append("func", caller.function, to: &line)
            Self.append("file", caller.file, to: &line)
        }
        for field in fields { Self.append(field, isCallerNamed: caller != nil, to: &line) }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Appends a field to a line of text, with the space before it.
    static func append(_ field: Field, isCallerNamed: Bool, to line: inout [UInt8]) {
        // logrus moves a field out of the way of its own. All of them are short, and few names are.
        let isReserved =
            field.name.utf8.count <= 12
            && (reserved.contains(field.name) || isCallerNamed && ["func", "file"].contains(field.name))
        append(isReserved ? "fields.\(field.name)" : field.name, field.value, to: &line)
    }

    private static func append(_ name: String, _ value: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: " "))
        appendName(name, to: &line)
        line.append(UInt8(ascii: "="))
        append(value: value, to: &line)
    }

    /// Appends a field's value to a line of text.
    static func append(value: String, to line: inout [UInt8]) {
        if isPlain(value) {
            line.append(text: value)
        } else {
            GoQuoting.append(quoted: value, to: &line)
        }
    }

    private func json(time timeName: String, message messageName: String, further: [Field]) -> [UInt8] {
        var members: [String: Field] = [:]
        func set(_ name: String, _ value: String) { members[name] = Field(name: name, value: value) }
        let reserved = [timeName, messageName, "level", "func", "file"]
        for field in further { members[field.name] = field }
        for field in fields {
            members[reserved.contains(field.name) ? "fields.\(field.name)" : field.name] = field
        }
        set(timeName, time.rfc3339)
        set(messageName, message)
        set("level", level.logrusName)
        if let caller {
            set("func", caller.function)
            set("file", caller.file)
        }
        var buffer = ByteBuffer()
        var isFirst = true
        buffer.writeString("{")
        for (name, field) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            buffer.writeJSONName(name, isFirst: &isFirst)
            if field.isNumber { buffer.writeString(field.value) } else { buffer.writeJSONString(field.value) }
        }
        buffer.writeString("}\n")
        return Array(buffer.readableBytesView)
    }

    private static let reserved = ["time", "level", "msg", "logrus_error"]

    /// Writes a field's name. logrus writes it as it is; ours come from code, and from `log.fields`, whose names may
    /// hold anything.
    private static func appendName(_ name: String, to line: inout [UInt8]) {
        if isPlain(name) {
            line += name.utf8
        } else {
            line += name.utf8.lazy.map { isPlain($0) || $0 >= 0x80 ? $0 : UInt8(ascii: "_") }
        }
    }

    /// Whether logrus leaves a text unquoted.
    private static func isPlain(_ text: String) -> Bool {
        // Where it lies: a text that is looked at through a copy costs two reference counts, and a line has nine.
        text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isPlain) } ?? text.utf8.allSatisfy(isPlain)
    }

    /// A bit for each of letters, digits and `-._/@^+`: two words are looked up at once, and each byte of each request's
    /// line is.
    private static func isPlain(_ byte: UInt8) -> Bool {
        let bits: UInt64 = byte & 0x40 == 0 ? 0x03FF_E800_0000_0000 : 0x07FF_FFFE_C7FF_FFFF
        return byte < 0x80 && bits &>> UInt64(byte & 63) & 1 == 1
    }
}

extension Logger.Level {
    /// The level's name in logrus, which has neither `notice` nor `critical`.
    var logrusName: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error: "error"
        case .critical: "fatal"
        }
    }
}
