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
        var fields: [LogLine.Field] = []
        fields.reserveCapacity(metadata.count + (event.metadata?.count ?? 0) + 1)
        if let provided = metadataProvider?.get() { Self.append(provided, to: &fields) }
        Self.append(metadata, to: &fields)
        if let metadata = event.metadata { Self.append(metadata, to: &fields) }
        if let error = event.error { fields.append(.init(name: "error", value: "\(error)")) }
        output.write(
            event.level,
            event.message.description,
            fields,
            from: (event.function, "\(event.file):\(event.line)")
        )
    }

    private static func append(_ metadata: Logger.Metadata, to fields: inout [LogLine.Field]) {
        for (name, value) in metadata { fields.append(LogLine.Field(name, value)) }
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
