import Logging
import NIOCore
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryHTTP
import RegistryOperations
import ServiceLifecycle

/// The program's logs: what goes to standard error, to standard output and by mail (`log`).
struct Logs: Sendable {
    /// Where the program's lines go.
    let output: LogOutput
    let logger: Logger
    /// Lines of requests, in the access log's form; `nil` when it is switched off.
    let accessLog: LogWriter?
    /// What must run for all of it.
    let services: [any Service]

    init(_ configuration: Configuration, pool: NIOThreadPool, eventLoopGroup: any EventLoopGroup) {
        let log = configuration.log
        let format = LogFormat(rawValue: log.formatter.rawValue) ?? .text
        let writer = LogWriter(descriptor: 2, pool: pool, noticeOfLoss: LogOutput.noticeOfLoss(format))
        let hooks = log.hooks.filter { !$0.isDisabled }.map { ($0, MailHook(levels: $0.levels)) }
        var fields = LogOutput.standardFields(version: Program.version, instanceID: UploadID().description)
        fields.merge(log.fields) { $1 }
        output = LogOutput(
            writer: writer,
            format: format,
            level: Composition.level(configuration),
            fields: fields,
            reportsCaller: log.reportsCaller,
            hooks: hooks.map(\.1)
        )
        let logger = output.logger("registryd")
        self.logger = logger
        accessLog = log.isAccessLogDisabled ? nil : LogWriter(descriptor: 1, pool: pool)
        // What goes wrong with a mail must not become the next mail.
        let unmailed = LogOutput(writer: writer, format: format, level: output.level, fields: fields)
        let mailers = hooks.map { settings, hook in
            Mailer(
                settings: .init(settings),
                hook: hook,
                eventLoopGroup: eventLoopGroup,
                logger: unmailed.logger("mail")
            )
        }
        services = [writer] + (accessLog.map { [$0] } ?? []) + mailers
    }

    /// What hears of each request for the logs' sake.
    var observers: [any ServerObserver] {
        [RequestLog(output)] + (accessLog.map { [AccessLog($0)] } ?? [])
    }

    /// How many lines were lost, by where they were to go.
    var dropped: KeyValuePairs<String, Int> {
        ["access": accessLog?.dropped ?? 0, "log": output.writer.dropped]
    }

    /// Writes what waits.
    func flush() {
        output.writer.flush()
        accessLog?.flush()
    }
}

extension Mailer.Settings {
    fileprivate init(_ hook: Configuration.Log.MailHook) {
        let address = ListenAddress(hook.server)
        self.init(host: address?.host ?? hook.server, port: address?.port ?? 25, from: hook.from, to: hook.to)
        username = hook.username
        password = hook.password
        isInsecure = hook.isInsecure
    }
}

extension Composition {
    static func level(_ configuration: Configuration) -> Logger.Level {
        switch configuration.log.level {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        default: .error
        }
    }
}
