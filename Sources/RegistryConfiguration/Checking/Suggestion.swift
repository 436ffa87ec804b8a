/// Finds the word that was probably meant.
enum Suggestion {
    /// The candidate nearest to a word, when it is near enough to be a slip of the fingers: at most a third of the
    /// word's letters inserted, left out, changed, or swapped with their neighbour.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, word.count / 3)
        guard word.count <= 64, word.count > 1 else { return nil }
        var best: (word: String, distance: Int)?
        let folded = word.lowercased()
        for candidate in candidates where abs(candidate.count - word.count) <= limit {
            let distance = distance(Array(folded.unicodeScalars), Array(candidate.lowercased().unicodeScalars))
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// The number of edits between two words (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var next = [row + 1]
            for column in right.indices {
                let change = last[column] + (left[row] == right[column] ? 0 : 1)
                var least = min(change, next[column] + 1, last[column + 1] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    least = min(least, before[column - 1] + 1)
                }
                next.append(least)
            }
            before = last
            last = next
        }
        return last[right.count]
    }
}
