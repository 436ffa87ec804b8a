/// What a `Range` header asks for, once the content's length is known
/// ([RFC 9110 section 14](https://www.rfc-editor.org/rfc/rfc9110#section-14)).
enum ByteRange: Hashable {
    /// All of it.
    case whole
    /// A part that is not empty.
    case part(Range<Int64>)
    /// A part that does not exist, or words that are not a range: status 416, as the replaced server answers both.
    case unsatisfiable

    /// - Parameters:
    ///   - header: the value of `Range`; `nil` when there is none.
    ///   - ifRange: the value of `If-Range`: the range counts only for this content.
    ///   - tag: the content's entity tag.
    ///   - size: its length in bytes.
    init(requested header: String?, ifRange: String?, tag: String, size: Int64) {
        guard let header, ifRange == nil || ifRange == tag else {
            self = .whole
            return
        }
        guard header.utf8.starts(with: "bytes=".utf8) else {
            self = .unsatisfiable
            return
        }
        let specifications = header.dropFirst(6).split(separator: ",", omittingEmptySubsequences: true)
            .map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty }
        let parts = specifications.map { Self.parse($0, size: size) }
        guard !parts.isEmpty, parts.allSatisfy({ $0 != nil }) else {
            self = .unsatisfiable
            return
        }
        // Several parts would need a body of several parts; the standard allows to send the whole instead.
        guard parts.count == 1, let part = parts[0] else {
            self = .whole
            return
        }
        self = part.isEmpty ? .unsatisfiable : .part(part)
    }

    /// One range; empty when it lies behind the content, `nil` when it is no range.
    private static func parse(_ text: String, size: Int64) -> Range<Int64>? {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let length = number(ends[1]) else { return nil }
            return max(0, size - length)..<size
        }
        guard let first = number(ends[0]) else { return nil }
        guard !ends[1].isEmpty else { return min(first, size)..<size }
        guard let last = number(ends[1]), first <= last else { return nil }
        return first >= size ? size..<size : first..<(min(last, size - 1) + 1)
    }

    /// A number of digits only; one that is too large counts as the largest.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            return nil
        }
        return Int64(text) ?? (Int64.max - 1)
    }
}

/// The value of `If-None-Match` ([RFC 9110 section 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
struct EntityTags {
    private let value: String

    init(_ value: String) { self.value = value }

    /// Whether a digest is among the tags, in quotes as the standard has them, or bare as clients of the replaced
    /// server send them; `*` stands for whatever is there.
    func contains(_ digest: String) -> Bool {
        value.split(separator: ",").contains { item in
            var tag = item.drop { $0 == " " || $0 == "\t" }
            while let last = tag.last, last == " " || last == "\t" { tag.removeLast() }
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            if tag == "*" { return true }
            if tag.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\"") { tag = tag.dropFirst().dropLast() }
            return tag == digest
        }
    }
}
