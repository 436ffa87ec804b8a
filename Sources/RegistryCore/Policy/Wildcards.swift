/// How a text is compared with a pattern that has wildcards, in time bounded by the product of both lengths: patterns are
/// an operator's, but names are anybody's.
enum Wildcards {
    /// Stands for any number of bytes.
    static let star = UInt8(ascii: "*")
    /// Stands for one byte.
    static let one = UInt8(ascii: "?")

    /// Compares bytes with a pattern of bytes, ``star`` and ``one``.
    static func match(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        match(text, pattern, isMany: { $0 == star }, matchesOne: { $1 == one || $0 == $1 })
    }

    /// Compares a sequence with a pattern in which some elements stand for any number of others, going back to the last
    /// such element only: what an earlier one could take, the last one can take as well.
    static func match<Element>(
        _ text: [Element],
        _ pattern: [Element],
        isMany: (Element) -> Bool,
        matchesOne: (_ element: Element, _ pattern: Element) -> Bool
    ) -> Bool {
        var (position, place) = (0, 0)
        var (retryPosition, retryPlace) = (0, -1)
        while position < text.count {
            if place < pattern.count, isMany(pattern[place]) {
                (retryPosition, retryPlace) = (position, place)
                place += 1
            } else if place < pattern.count, matchesOne(text[position], pattern[place]) {
                position += 1
                place += 1
            } else if retryPlace >= 0 {
                retryPosition += 1
                position = retryPosition
                place = retryPlace + 1
            } else {
                return false
            }
        }
        while place < pattern.count, isMany(pattern[place]) { place += 1 }
        return place == pattern.count
    }
}
