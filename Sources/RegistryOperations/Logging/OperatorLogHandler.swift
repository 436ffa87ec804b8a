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
        var fields = output.fields
        fields.reserveCapacity(fields.count + metadata.count + (event.metadata?.count ?? 0) + 1)
        if let provided = metadataProvider?.get() { Self.append(provided, to: &fields) }
        Self.append(metadata, to: &fields)
        if let metadata = event.metadata { Self.append(metadata, to: &fields) }
        if let error = event.error { fields.append(.init(name: "error", value: "\(error)")) }
        let line = LogLine(
            time: output.time(),
            level: event.level,
            message: event.message.description,
            fields: Self.sorted(fields),
            caller: output.reportsCaller ? (event.function, "\(event.file):\(event.line)") : nil
        )
        output.writer.write(line.rendered(as: output.format))
        for hook in output.hooks { hook.offer(line) }
    }

    private static func append(_ metadata: Logger.Metadata, to fields: inout [LogLine.Field]) {
        for (name, value) in metadata { fields.append(LogLine.Field(name, value)) }
    }

    /// The fields by their names; of several of one name the last. Not by a dictionary: a line of a request has twenty
    /// fields, and a sorted array is what they end as anyway.
    private static func sorted(_ fields: [LogLine.Field]) -> [LogLine.Field] {
        let order = fields.indices.sorted { left, right in
            let (a, b) = (fields[left].name, fields[right].name)
            return a == b ? left < right : a < b
        }
        var sorted: [LogLine.Field] = []
        sorted.reserveCapacity(fields.count)
        for index in order {
            if sorted.last?.name == fields[index].name { sorted.removeLast() }
            sorted.append(fields[index])
        }
        return sorted
    }
}

extension LogLine.Field {
    /// A field of a logger.
    fileprivate init(_ name: String, _ value: Logger.Metadata.Value) {
        switch value {
        case .string(let value): self.init(name: name, value: value)
        case .stringConvertible(let value as any BinaryInteger):
            self.init(name: name, value: "\(value)", isNumber: true)
        case .stringConvertible(let value as Bool): self.init(name: name, value: "\(value)", isNumber: true)
        default: self.init(name: name, value: "\(value)")
        }
    }
}
