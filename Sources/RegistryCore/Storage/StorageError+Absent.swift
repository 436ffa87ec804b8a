extension StorageError {
    /// What a driver answers; `nil` when it answers that there is nothing, or nothing of the kind that is looked for.
    ///
    /// - Parameter codes: the codes that mean nothing to the caller. A list, which lies in the program as it is: to make
    ///   a set of them took 2,300 instructions of each manifest's pull.
    /// - Throws: every other error.
    static func ifPresent<Result>(
        ignoring codes: [Code] = [.notFound, .wrongKind],
        _ body: () async throws -> Result
    ) async throws -> Result? {
        do {
            return try await body()
        } catch let error as StorageError where codes.contains(error.code) {
            return nil
        }
    }
}
