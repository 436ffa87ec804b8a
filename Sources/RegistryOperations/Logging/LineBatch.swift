/// The lines of one turn of an event loop on their way to a writer: they share its lock, and memory.
struct LineBatch {
    /// The lines so far, each of which has its line feed; see ``end(_:_:)``.
    var bytes: [UInt8] = []
    private var count = 0

    /// More of it is written before the turn's end, so that a writer whose queue is full loses few lines at once.
    private static let limit = 32 * 1024
    /// What a line takes, in bytes; few are longer.
    private static let lineLength = 512

    /// Makes an empty batch for so many lines.
    init(of lines: Int) { bytes.reserveCapacity(min(lines * Self.lineLength, Self.limit + Self.lineLength)) }

    /// Says that so many further lines are whole.
    mutating func end(_ lines: Int, _ writer: LogWriter) {
        count += lines
        if bytes.count >= Self.limit { write(to: writer) }
    }

    /// Writes what there is.
    mutating func write(to writer: LogWriter) {
        guard count > 0 else { return }
        writer.write(bytes, count: count)
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }
}
