internal import NIOCore

/// When what lies in a part of the quarantine was first seen there.
///
/// Each line is a fact that never becomes wrong: an object that was seen under this name at that time, and is there
/// still, has been there ever since (see ``Quarantine``). So it does no harm when a ledger is written late or twice, by
/// a collector that should have stopped; when one is lost, the time begins anew.
struct QuarantineLedger: Sendable {
    /// The names below the part's folder, with when they were seen first.
    private(set) var seen: [String: Int64] = [:]

    init() {}

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            guard let space = line.firstIndex(of: " "), let time = Int64(line[..<space]) else { continue }
            seen[String(line[line.index(after: space)...])] = time
        }
    }

    /// Reads a part's ledger; an empty one when there is none.
    static func read(_ shard: String, from driver: any StorageDriver) async throws -> QuarantineLedger {
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.seen(shard), limit: 1 << 30)
        }
        return content.map { QuarantineLedger(String(buffer: $0)) } ?? QuarantineLedger()
    }

    mutating func note(_ name: String, at time: Int64) { seen[name] = time }

    /// Writes a part's ledger, if it differs from the one that is there.
    func write(_ shard: String, replacing old: QuarantineLedger, to driver: any StorageDriver) async throws {
        guard seen != old.seen else { return }
        let path = StoreLayout.seen(shard)
        if seen.isEmpty {
            _ = try await StorageError.ifPresent { try await driver.delete(at: path) }
            _ = try? await driver.removeIfEmpty(path.parent ?? path)
            return
        }
        var content = ByteBuffer()
        for (name, time) in seen.sorted(by: { $0.key < $1.key }) { content.writeString("\(time) \(name)\n") }
        try await driver.put(content, at: path)
    }
}
