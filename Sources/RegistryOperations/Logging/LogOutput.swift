public import Logging
internal import Synchronization

/// Where the log goes, how, and from which level on: what all loggers of a program share.
public final class LogOutput: Sendable {
    /// Where lines are written.
    public let writer: LogWriter
    let format: LogFormat
    let reportsCaller: Bool
    let fields: [LogLine.Field]
    let hooks: [MailHook]
    let time: @Sendable () -> LogTime
    private let currentLevel: Atomic<Int>

    /// Makes an output.
    ///
    /// - Parameters:
    ///   - writer: where lines are written; see ``noticeOfLoss(_:)``.
    ///   - format: the form of a line (`log.formatter`).
    ///   - level: the least level that is written (`log.level`).
    ///   - fields: fields of each line: `log.fields`, and ``standardFields(version:instanceID:)``.
    ///   - reportsCaller: whether each line names the function that wrote it (`log.reportcaller`).
    ///   - hooks: what else hears of lines (`log.hooks`).
    public convenience init(
        writer: LogWriter,
        format: LogFormat,
        level: Logger.Level = .info,
        fields: [String: String] = [:],
        reportsCaller: Bool = false,
        hooks: [MailHook] = []
    ) {
        self.init(
            writer: writer,
            format: format,
            level: level,
            fields: fields,
            reportsCaller: reportsCaller,
            hooks: hooks,
            time: LogTime.now
        )
    }

    init(
        writer: LogWriter,
        format: LogFormat,
        level: Logger.Level,
        fields: [String: String],
        reportsCaller: Bool,
        hooks: [MailHook],
        time: @escaping @Sendable () -> LogTime
    ) {
        self.writer = writer
        self.format = format
        self.fields = fields.map { LogLine.Field(name: $0.key, value: $0.value) }
            .sorted { $0.name < $1.name }
        self.reportsCaller = reportsCaller
        self.hooks = hooks
        self.time = time
        currentLevel = Atomic(level.ordinal)
    }

    /// The least level that is written. It may be changed while the program runs; loggers that set a level of their
    /// own keep theirs.
    public var level: Logger.Level {
        get { Logger.Level.allCases[currentLevel.load(ordering: .relaxed)] }
        set { currentLevel.store(newValue.ordinal, ordering: .relaxed) }
    }

    /// Makes a logger that writes here.
    public func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in OperatorLogHandler(self) }
    }

    /// Writes a line.
    ///
    /// - Parameters:
    ///   - fields: what stands beside the message, in any order; of several of one name the last is in force.
    ///   - caller: the function and the place that wrote it.
    func write(
        _ level: Logger.Level,
        _ message: String,
        _ fields: [LogLine.Field],
        from caller: @autoclosure () -> (function: String, file: String)
    ) {
        let line = LogLine(
            time: time(),
            level: level,
            message: message,
            fields: Self.sorted(self.fields, fields),
            caller: reportsCaller ? caller() : nil
        )
        writer.write(line.rendered(as: format))
        for hook in hooks { hook.offer(line) }
    }

    /// The fields by their names. Not by a dictionary or a general sort: a line of a request has some twenty fields that
    /// come nearly in order, so each finds its place after a comparison or two.
    private static func sorted(_ first: [LogLine.Field], _ further: [LogLine.Field]) -> [LogLine.Field] {
        var sorted = first
        sorted.reserveCapacity(first.count + further.count)
        for field in further {
            var place = sorted.count
            while place > 0, sorted[place - 1].name > field.name { place -= 1 }
            if place > 0, sorted[place - 1].name == field.name {
                sorted[place - 1] = field
            } else {
                sorted.insert(field, at: place)
            }
        }
        return sorted
    }

    /// The fields that the replaced server has on each line and that hold for this one too.
    ///
    /// - Parameters:
    ///   - version: the program's version.
    ///   - instanceID: what tells this process from its replicas, such as a random UUID.
    public static func standardFields(version: String, instanceID: String) -> [String: String] {
        ["version": version, "instance.id": instanceID]
    }

    /// Makes the line by which a ``LogWriter`` tells of lines that it dropped, in a log's form.
    public static func noticeOfLoss(_ format: LogFormat) -> @Sendable (Int) -> [UInt8] {
        { count in
            LogLine(
                time: .now(),
                level: .warning,
                message: "lines of the log were dropped, because its reader is too slow",
                fields: [.init(name: "log.dropped", value: String(count), isNumber: true)]
            ).rendered(as: format)
        }
    }
}

extension Logger.Level {
    /// The level's place among all.
    var ordinal: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        case .critical: 6
        }
    }
}
