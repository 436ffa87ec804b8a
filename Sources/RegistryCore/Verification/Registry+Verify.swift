extension Registry {
    /// Reads the whole store and tells what is broken in it; on demand it mends what can be mended.
    ///
    /// Every blob is hashed, every link and tag is followed, and of every manifest all that it refers to is looked for.
    /// What the store can't give is told apart from what is broken, and never touched.
    ///
    /// A repair sets broken blobs aside, out of the sight of every server, so that a client that has them pushes them
    /// anew; writes links again whose path says what they held; takes links away that lead nowhere and that nothing
    /// needs; and leads dangling tags to the newest manifest of their history that is whole. It can be repeated at any
    /// time, and beside servers that serve and take pushes: each thing is looked at again right before it is changed,
    /// and changes are made in the order in which pushes make them. A replaced server that takes pushes meanwhile
    /// writes small files in place, and must be stopped.
    ///
    /// - Parameters:
    ///   - options: how it goes about it.
    ///   - progress: hears of every step, from any task; it should return soon.
    /// - Returns: what was found and done.
    /// - Throws: ``RegistryError`` with `UNSUPPORTED` for a repair in read-only mode; `CancellationError`.
    public func verify(
        _ options: VerificationOptions = VerificationOptions(),
        progress: @escaping @Sendable (VerificationProgress) -> Void = { _ in }
    ) async throws -> VerificationReport {
        if options.repairs { try requireWritable() }
        let verifier = Verifier(registry: self, options: options, tell: progress)
        return try await verifier.run()
    }
}
