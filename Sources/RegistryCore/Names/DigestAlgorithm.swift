/// A hash function that content can be addressed by.
///
/// The raw value is the name that stands before the colon of a digest
/// ([OCI image specification, *Digests*](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests)).
/// `sha256` and `sha512` are the specification's registered algorithms; `sha384` is accepted because the
/// server that this project replaces accepts it for blobs.
public enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// SHA-256, the algorithm under which content is stored.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512

    /// The algorithm under whose digest every blob is stored, whatever digest it was pushed by.
    public static let canonical = DigestAlgorithm.sha256

    /// The length of a hash in bytes.
    public var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The length of the hexadecimal part of a digest in characters.
    public var hexCount: Int { byteCount * 2 }
}
