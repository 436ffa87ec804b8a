extension StorageError {
    /// What a driver answers; `nil` when it answers that there is nothing, or nothing of the kind that is looked for.
    ///
    /// - Parameter codes: the codes that mean nothing to the caller.
    /// - Throws: every other error.
    static func ifPresent<Result>(
        ignoring codes: Set<Code> = [.notFound, .wrongKind],
        _ body: () async throws -> Result
    ) async throws -> Result? {
        do {
            return try await body()
        } catch let error as StorageError where codes.contains(error.code) {
            return nil
        }
    }
}
