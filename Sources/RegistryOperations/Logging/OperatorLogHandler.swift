public import Logging

/// Writes what a logger is told in the replaced server's form, to a ``LogOutput``.
public struct OperatorLogHandler: LogHandler {
    /// Fields of this logger's lines.
    public var metadata: Logger.Metadata = [:]
    /// What adds fields from the current task.
    public var metadataProvider: Logger.MetadataProvider?

    private let output: LogOutput
    private var ownLevel: Logger.Level?

    /// Makes a handler.
    public init(_ output: LogOutput) { self.output = output }

    /// The least level that is written: the output's, until one is set here.
    public var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    /// A field of this logger's lines.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line.
    public func log(event: LogEvent) {
        var fields = output.fields.mapValues { LogLine.Field(name: "", value: $0) }
        for metadata in [metadataProvider?.get(), metadata, event.metadata] {
            guard let metadata else { continue }
            for (name, value) in metadata { fields[name] = LogLine.Field(value) }
        }
        if let error = event.error { fields["error"] = LogLine.Field(name: "", value: "\(error)") }
        let line = LogLine(
            time: output.time(),
            level: event.level,
            message: event.message.description,
            fields: fields.map { .init(name: $0.key, value: $0.value.value, isNumber: $0.value.isNumber) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) },
            caller: output.reportsCaller ? (event.function, "\(event.file):\(event.line)") : nil
        )
        output.writer.write(line.rendered(as: output.format))
        for hook in output.hooks { hook.offer(line) }
    }
}

extension LogLine.Field {
    /// A value of a logger; its name is set by who sorts.
    fileprivate init(_ value: Logger.Metadata.Value) {
        switch value {
        case .stringConvertible(let value as any BinaryInteger): self.init(name: "", value: "\(value)", isNumber: true)
        case .stringConvertible(let value as Bool): self.init(name: "", value: "\(value)", isNumber: true)
        default: self.init(name: "", value: "\(value)")
        }
    }
}
