/// What a client says that its bytes are, before they were hashed.
struct ExpectedBlob {
    /// Their canonical digest.
    let digest: Digest
    /// The links that make them part of a repository.
    let links: [StoredContent]
}
