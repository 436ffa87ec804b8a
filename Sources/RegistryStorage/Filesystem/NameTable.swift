import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The names in a folder, sorted byte by byte. A name takes its length and 5 bytes: a folder may have millions.
struct NameTable: Sendable {
    /// Each name after a byte for its kind.
    private let records: [UInt8]
    /// Where each record begins, in the names' order, and where the last one ends.
    private let starts: [UInt32]

    fileprivate static let folder: UInt8 = 1

    var count: Int { starts.count - 1 }

    /// The name at an index.
    func name(at index: Int) -> String { withName(at: index) { String(decoding: $0, as: UTF8.self) } }

    /// Whether the name at an index is a folder's.
    func isFolder(at index: Int) -> Bool { records[Int(starts[index])] == Self.folder }

    /// Lends a name's bytes.
    @inline(__always)
    func withName<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let start = Int(starts[index]) + 1
        let end = Int(starts[index + 1])
        return records.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
    }

    /// The index of the first name that sorts after a text; ``count`` when there is none.
    func firstIndex(after text: String) -> Int {
        var text = text
        return text.withUTF8 { wanted in
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if withName(at: middle, { isOrdered(wanted, before: $0) }) { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }
}

/// Collects a folder's names and sorts them at the end.
struct NameTableBuilder {
    private struct Name {
        /// The first eight bytes as a number, so that most comparisons touch nothing else.
        var prefix: UInt64
        var start: UInt32
        var length: UInt32
    }

    private var records: [UInt8] = []
    private var names: [Name] = []

    /// Adds a name.
    ///
    /// - Returns: `false` when there are more than the table can hold, 4 GiB of names.
    mutating func add(_ name: UnsafeBufferPointer<UInt8>, isFolder: Bool) -> Bool {
        guard let start = UInt32(exactly: records.count + 1), records.count + name.count < Int(UInt32.max) else {
            return false
        }
        records.append(isFolder ? NameTable.folder : 0)
        records.append(contentsOf: name)
        var prefix: UInt64 = 0
        for index in 0..<8 { prefix = prefix << 8 | (index < name.count ? UInt64(name[index]) : 0) }
        names.append(Name(prefix: prefix, start: start, length: UInt32(name.count)))
        return true
    }

    /// The table of what was added.
    consuming func sorted() -> NameTable {
        var names = names
        let records = records
        return records.withUnsafeBufferPointer { bytes in
            names.sort { left, right in
                if left.prefix != right.prefix { return left.prefix < right.prefix }
                return isOrdered(Self.slice(bytes, left), before: Self.slice(bytes, right))
            }
            var ordered: [UInt8] = []
            ordered.reserveCapacity(bytes.count)
            var starts: [UInt32] = []
            starts.reserveCapacity(names.count + 1)
            for name in names {
                starts.append(UInt32(ordered.count))
                let start = Int(name.start)
                ordered.append(contentsOf: bytes[start - 1..<start + Int(name.length)])
            }
            starts.append(UInt32(ordered.count))
            return NameTable(records: ordered, starts: starts)
        }
    }

    private static func slice(_ bytes: UnsafeBufferPointer<UInt8>, _ name: Name) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[Int(name.start)..<Int(name.start) + Int(name.length)])
    }
}

extension NameTable {
    fileprivate init(records: [UInt8], starts: consuming [UInt32]) {
        self.records = records
        self.starts = starts
    }
}

/// Whether one name sorts before another, byte by byte.
@inline(__always)
func isOrdered(_ left: UnsafeBufferPointer<UInt8>, before right: UnsafeBufferPointer<UInt8>) -> Bool {
    let common = min(left.count, right.count)
    if common > 0, let first = left.baseAddress, let second = right.baseAddress {
        let order = memcmp(first, second, common)
        if order != 0 { return order < 0 }
    }
    return left.count < right.count
}
