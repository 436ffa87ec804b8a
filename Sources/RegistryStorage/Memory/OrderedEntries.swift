/// Entries sorted by key, of which there may be tens of millions: a list of packed pages. A look-up costs a binary
/// search; an insertion the shift of one page and, now and then, of the list.
///
/// swift-collections has no sorted dictionary in a release; an array of entries with keys of their own takes three
/// times the memory (about 600 bytes instead of 200 for a link of a registry).
struct OrderedEntries {
    /// Where an entry is, or would be.
    struct Position {
        fileprivate var page: Int
        fileprivate var index: Int
    }

    private var pages: [OrderedPage] = []

    /// How many entries there are.
    private(set) var count = 0

    /// The position of the first entry whose key is not before the wanted one, and whether it is the wanted one.
    func search(_ key: [UInt8]) -> (position: Position, isFound: Bool) {
        var low = 0
        var high = pages.count
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].isBeforeFirst(key) { high = middle } else { low = middle + 1 }
        }
        guard low > 0 else { return (Position(page: 0, index: 0), false) }
        let found = pages[low - 1].search(key)
        return (Position(page: low - 1, index: found.index), found.isFound)
    }

    /// The entry at a position or, where a page ends, the one after; `nil` at the end.
    private func entry(at position: Position) -> (page: OrderedPage, index: Int)? {
        guard position.page < pages.count else { return nil }
        if position.index < pages[position.page].count { return (pages[position.page], position.index) }
        return position.page + 1 < pages.count ? (pages[position.page + 1], 0) : nil
    }

    /// The first key that is not before the wanted one, if it begins with some bytes.
    func firstKey(from key: [UInt8], withPrefix prefix: [UInt8]) -> [UInt8]? {
        guard let (page, index) = entry(at: search(key).position), page.key(at: index, hasPrefix: prefix) else {
            return nil
        }
        return page.key(at: index)
    }

    /// Whether a key begins with some bytes.
    func hasKey(withPrefix prefix: [UInt8]) -> Bool {
        guard let (page, index) = entry(at: search(prefix).position) else { return false }
        return page.key(at: index, hasPrefix: prefix)
    }

    /// The value of a key.
    func value(of key: [UInt8]) -> (value: ArraySlice<UInt8>, mark: EntryMark)? {
        let (position, isFound) = search(key)
        guard isFound else { return nil }
        let page = pages[position.page]
        return (page.value(at: position.index), page.mark(at: position.index))
    }

    /// Gives a key a value.
    mutating func set(_ key: [UInt8], _ value: some Collection<UInt8>, _ mark: EntryMark) {
        let (position, isFound) = search(key)
        if isFound {
            pages[position.page].replace(at: position.index, value, mark)
            return
        }
        if pages.isEmpty { pages.append(OrderedPage()) }
        pages[position.page].insert(key, value, mark, at: position.index)
        count += 1
        if pages[position.page].count > OrderedPage.capacity {
            let upper = pages[position.page].split()
            pages.insert(upper, at: position.page + 1)
        }
    }

    /// Removes a key.
    mutating func remove(_ key: [UInt8]) {
        let (position, isFound) = search(key)
        guard isFound else { return }
        pages[position.page].remove(position.index..<position.index + 1)
        count -= 1
        if pages[position.page].count == 0 { pages.remove(at: position.page) }
    }

    /// Removes the keys from one up to, not including, another.
    ///
    /// - Returns: what was known of those that went.
    mutating func remove(from first: [UInt8], upTo end: [UInt8]) -> [EntryMark] {
        let start = search(first).position
        let stop = search(end).position
        guard start.page < pages.count else { return [] }
        var removed: [EntryMark] = []
        for number in start.page...max(start.page, stop.page) {
            let from = number == start.page ? start.index : 0
            let upTo = number == stop.page ? stop.index : pages[number].count
            guard from < upTo else { continue }
            for index in from..<upTo { removed.append(pages[number].mark(at: index)) }
            pages[number].remove(from..<upTo)
        }
        count -= removed.count
        let touched = start.page...max(start.page, stop.page)
        pages.replaceSubrange(touched, with: pages[touched].filter { $0.count > 0 })
        return removed
    }
}
