internal import NIOCore

/// When what lies in a part of the quarantine was first seen there.
///
/// Each line is a fact that never becomes wrong: an object that was seen under this name at that time, and is there
/// still, has been there ever since (see ``Quarantine``). So it does no harm when a ledger is written late or twice, by
/// a collector that should have stopped; when one is lost, the time begins anew.
///
/// It is kept as the text that is written, for there may be millions of lines: 125 bytes and a slot of 4 for each. (A
/// dictionary of strings takes 250.)
struct QuarantineLedger: Sendable {
    private static let space = UInt8(ascii: " ")
    private static let newline = UInt8(ascii: "\n")

    /// Lines of a time in seconds, a space, and a name below the part's folder.
    private var text = ByteBuffer()
    private var count = 0
    /// Where lines begin, plus one, by the hash of their names, in open addressing; 0 is an empty slot. Only what was read
    /// has it.
    private var slots: [UInt32] = []

    init() {}

    /// A ledger as it was written. Lines that are none are left out.
    init(_ content: ByteBuffer) {
        text = content
        let beginnings = content.withUnsafeReadableBytes { bytes in
            var (found, begin): ([Int], Int) = ([], 0)
            while begin < bytes.count {
                if Self.line(at: begin, in: bytes) != nil { found.append(begin) }
                begin = (bytes[begin...].firstIndex(of: Self.newline) ?? bytes.count) + 1
            }
            return found
        }
        count = beginnings.count
        var size = 16
        while size * 3 < count * 4 { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
        content.withUnsafeReadableBytes { bytes in
            for begin in beginnings {
                guard let line = Self.line(at: begin, in: bytes) else { continue }
                slots[slot(of: line.name, in: bytes)] = UInt32(truncatingIfNeeded: begin + 1)
            }
        }
    }

    /// Reads a part's ledger; an empty one when there is none.
    static func read(_ shard: String, from driver: any StorageDriver) async throws -> QuarantineLedger {
        let content = try await StorageError.ifPresent {
            try await driver.content(at: StoreLayout.seen(shard), limit: 1 << 30)
        }
        return content.map { QuarantineLedger($0) } ?? QuarantineLedger()
    }

    /// When a name was seen first, as it was read.
    func time(of name: String) -> Int64? {
        var name = name
        return name.withUTF8 { time(of: UnsafeRawBufferPointer($0)) }
    }

    /// Notes a name; once for each.
    mutating func note(_ name: String, at time: Int64) {
        text.writeString("\(time) \(name)\n")
        count += 1
    }

    /// Writes a part's ledger, if it differs from the one that is there.
    ///
    /// - Throws: ``StorageError``; then the one that is there still holds.
    func write(_ shard: String, replacing old: QuarantineLedger, to driver: any StorageDriver) async throws {
        guard !says(theSameAs: old) else { return }
        let path = StoreLayout.seen(shard)
        if count == 0 {
            _ = try await StorageError.ifPresent { try await driver.delete(at: path) }
            _ = try? await driver.removeIfEmpty(path.parent ?? path)
            return
        }
        try await driver.put(text, at: path)
    }

    private func says(theSameAs old: QuarantineLedger) -> Bool {
        guard count == old.count else { return false }
        return text.withUnsafeReadableBytes { bytes in
            var begin = 0
            while begin < bytes.count {
                guard let line = Self.line(at: begin, in: bytes), old.time(of: line.name) == line.time else {
                    return false
                }
                begin = (bytes[begin...].firstIndex(of: Self.newline) ?? bytes.count) + 1
            }
            return true
        }
    }

    // MARK: Lines

    private func time(of name: UnsafeRawBufferPointer) -> Int64? {
        guard !slots.isEmpty else { return nil }
        return text.withUnsafeReadableBytes { bytes in
            let place = slots[slot(of: name, in: bytes)]
            return place == 0 ? nil : Self.line(at: Int(place) - 1, in: bytes)?.time
        }
    }

    /// The slot of a name, or the empty one where it would be.
    private func slot(of name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        let mask = slots.count - 1
        var slot = hasher.finalize() & mask
        while slots[slot] != 0, let line = Self.line(at: Int(slots[slot]) - 1, in: bytes),
            !line.name.elementsEqual(name)
        {
            slot = (slot + 1) & mask
        }
        return slot
    }

    private static func line(
        at begin: Int,
        in bytes: UnsafeRawBufferPointer
    ) -> (time: Int64, name: UnsafeRawBufferPointer)? {
        let end = bytes[begin...].firstIndex(of: newline) ?? bytes.count
        guard let blank = bytes[begin..<end].firstIndex(of: space),
            let time = Int64(String(decoding: bytes[begin..<blank], as: UTF8.self))
        else { return nil }
        return (time, UnsafeRawBufferPointer(rebasing: bytes[(blank + 1)..<end]))
    }
}
