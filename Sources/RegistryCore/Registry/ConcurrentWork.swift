/// Works on what a producer gives, several at a time.
///
/// - Parameters:
///   - width: how many run at once at the most.
///   - executor: where they run; `nil` for the usual place.
///   - next: gives the next element; `nil` at the end. It is called by one task only.
///   - work: works on an element.
/// - Throws: what `next` and `work` throw; the others are cancelled then.
func forEachConcurrently<Element: Sendable>(
    atMost width: Int,
    on executor: (any TaskExecutor)? = nil,
    next: () async throws -> Element?,
    _ work: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        while let element = try await next() {
            try Task.checkCancellation()
            if running >= max(1, width) {
                try await group.next()
                running -= 1
            }
            group.addTask(executorPreference: executor) { try await work(element) }
            running += 1
        }
        try await group.waitForAll()
    }
}
