#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Up to ``capacity`` entries of ``OrderedEntries``, sorted by key, packed without an allocation of their own.
///
/// What all keys begin with is held once; a key's rest and the small value after it lie in one run of bytes.
struct OrderedPage {
    /// The most entries; a fuller page is split.
    static let capacity = 128

    private var prefix: [UInt8] = []
    private var bytes: [UInt8] = []
    /// Where each entry's bytes end.
    private var ends: [UInt32] = []
    private var keyLengths: [UInt16] = []
    private var marks: [EntryMark] = []

    var count: Int { ends.count }

    private func start(_ index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

    /// The key of an entry.
    func key(at index: Int) -> [UInt8] {
        let start = start(index)
        return prefix + bytes[start..<start + Int(keyLengths[index])]
    }

    /// The value of an entry.
    func value(at index: Int) -> ArraySlice<UInt8> {
        bytes[start(index) + Int(keyLengths[index])..<Int(ends[index])]
    }

    /// What is known of an entry beside its value.
    func mark(at index: Int) -> EntryMark { marks[index] }

    /// Whether an entry's key begins with some bytes.
    func key(at index: Int, hasPrefix wanted: [UInt8]) -> Bool {
        let length = Int(keyLengths[index])
        guard prefix.count + length >= wanted.count else { return false }
        if wanted.count <= prefix.count { return prefix.starts(with: wanted) }
        let start = start(index)
        return wanted.starts(with: prefix)
            && bytes[start..<start + length].starts(with: wanted[prefix.count...])
    }

    /// The index of the first entry whose key is not before the wanted one, and whether it is the wanted one.
    func search(_ wanted: [UInt8]) -> (index: Int, isFound: Bool) {
        let order = comparePrefix(wanted)
        if order != 0 { return (order < 0 ? 0 : count, false) }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            let order = compareRest(of: wanted, with: middle)
            if order == 0 { return (middle, true) }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return (low, false)
    }

    /// Whether a key sorts before the page's first one.
    func isBeforeFirst(_ wanted: [UInt8]) -> Bool {
        let order = comparePrefix(wanted)
        return order != 0 ? order < 0 : compareRest(of: wanted, with: 0) < 0
    }

    /// Negative or positive when a key sorts before or after every key of the page, by what those have in common.
    private func comparePrefix(_ wanted: [UInt8]) -> Int {
        wanted.withUnsafeBufferPointer { wanted in
            prefix.withUnsafeBufferPointer { prefix in
                compare(UnsafeBufferPointer(rebasing: wanted.prefix(prefix.count)), prefix)
            }
        }
    }

    private func compareRest(of wanted: [UInt8], with index: Int) -> Int {
        let start = start(index)
        let length = Int(keyLengths[index])
        return wanted.withUnsafeBufferPointer { wanted in
            bytes.withUnsafeBufferPointer { bytes in
                compare(
                    UnsafeBufferPointer(rebasing: wanted[prefix.count...]),
                    UnsafeBufferPointer(rebasing: bytes[start..<start + length])
                )
            }
        }
    }

    /// Puts an entry at its place, which ``search(_:)`` found.
    mutating func insert(_ key: [UInt8], _ value: some Collection<UInt8>, _ mark: EntryMark, at index: Int) {
        share(with: key)
        let start = start(index)
        let rest = key[prefix.count...]
        bytes.insert(contentsOf: value, at: start)
        bytes.insert(contentsOf: rest, at: start)
        keyLengths.insert(UInt16(rest.count), at: index)
        marks.insert(mark, at: index)
        ends.insert(UInt32(start), at: index)
        shift(from: index, by: rest.count + value.count)
    }

    /// Replaces the value of an entry.
    mutating func replace(at index: Int, _ value: some Collection<UInt8>, _ mark: EntryMark) {
        let start = start(index) + Int(keyLengths[index])
        let end = Int(ends[index])
        bytes.replaceSubrange(start..<end, with: value)
        marks[index] = mark
        shift(from: index, by: value.count - (end - start))
    }

    /// Removes entries.
    mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let start = start(range.lowerBound)
        let length = Int(ends[range.upperBound - 1]) - start
        bytes.removeSubrange(start..<start + length)
        keyLengths.removeSubrange(range)
        marks.removeSubrange(range)
        ends.removeSubrange(range)
        shift(from: range.lowerBound, by: -length)
    }

    /// Moves the second half into a page of its own.
    mutating func split() -> OrderedPage {
        let middle = count / 2
        var upper = OrderedPage()
        for index in middle..<count {
            upper.insert(key(at: index), value(at: index), marks[index], at: index - middle)
        }
        remove(middle..<count)
        lengthenPrefix()
        upper.lengthenPrefix()
        return upper
    }

    private mutating func shift(from index: Int, by distance: Int) {
        for position in index..<ends.count { ends[position] = UInt32(Int(ends[position]) + distance) }
    }

    /// Shortens what the keys have in common to what they share with one more.
    private mutating func share(with key: [UInt8]) {
        if count == 0 {
            prefix = key
            return
        }
        var common = 0
        while common < prefix.count, common < key.count, prefix[common] == key[common] { common += 1 }
        if common < prefix.count { rebuild(prefixLength: common) }
    }

    /// After a split the keys have more in common.
    private mutating func lengthenPrefix() {
        guard count > 0 else { return }
        let first = key(at: 0)
        let last = key(at: count - 1)
        var common = 0
        while common < first.count, common < last.count, first[common] == last[common] { common += 1 }
        if common > prefix.count { rebuild(prefixLength: common) }
    }

    private mutating func rebuild(prefixLength: Int) {
        var rebuilt: [UInt8] = []
        rebuilt.reserveCapacity(bytes.count + count * max(0, prefix.count - prefixLength))
        var newEnds: [UInt32] = []
        newEnds.reserveCapacity(count)
        let first = key(at: 0)
        for index in 0..<count {
            let key = key(at: index)
            rebuilt += key[prefixLength...]
            rebuilt += value(at: index)
            newEnds.append(UInt32(rebuilt.count))
        }
        for index in 0..<count {
            keyLengths[index] = UInt16(Int(keyLengths[index]) + prefix.count - prefixLength)
        }
        bytes = rebuilt
        ends = newEnds
        prefix = Array(first[..<prefixLength])
    }
}

/// What ``OrderedEntries`` knows of an entry beside its value.
struct EntryMark {
    /// When the entry last changed, in nanoseconds since 1970.
    var modified: Int64
    /// Where the value is kept when it is large or grows; 0 when it lies in the page.
    var outside: UInt64
}

/// Negative, zero or positive as the left bytes sort before, with or after the right ones.
@inline(__always)
private func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
    let common = min(left.count, right.count)
    if common > 0, let first = left.baseAddress, let second = right.baseAddress {
        let order = memcmp(first, second, common)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}
