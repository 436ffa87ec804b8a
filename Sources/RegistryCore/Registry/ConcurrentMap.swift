extension Array where Element: Sendable {
    /// Transforms every element, several at a time, and keeps the order.
    ///
    /// - Parameter width: how many transformations run at once at the most; a bound, since each may hold a file open.
    func mapConcurrently<Result: Sendable>(
        atMost width: Int,
        _ transform: @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        if count == 1 { return [try await transform(self[0])] }
        return try await withoutActuallyEscaping(transform) { transform in
            try await withThrowingTaskGroup(of: (Int, Result).self) { group in
                var results = [Result?](repeating: nil, count: count)
                var next = 0
                func start() {
                    guard next < count else { return }
                    let (position, element) = (next, self[next])
                    group.addTask { (position, try await transform(element)) }
                    next += 1
                }
                for _ in 0..<Swift.min(width, count) { start() }
                while let (position, result) = try await group.next() {
                    results[position] = result
                    start()
                }
                return results.compactMap { $0 }
            }
        }
    }
}
