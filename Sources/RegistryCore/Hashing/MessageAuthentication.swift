import CLibCrypto

/// HMAC with SHA-256 under one key ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
///
/// The key's two blocks are hashed once, when the value is made. A code for a short message then costs about 0.5 µs.
public struct HMACSHA256: Sendable {
    /// The length of a code in bytes.
    public static let byteCount = 32

    private let inner: ContentHasher
    private let outer: ContentHasher

    // libcrypto's HMAC() allocates and can fail for want of memory; two hashes can't.
    /// Makes an authenticator; a key may have any length, also none.
    public init(key: some Collection<UInt8>) {
        var block = Array(key)
        if block.count > 64 {
            var hasher = ContentHasher(.sha256)
            hasher.update(block)
            block = hasher.digest().bytes
        }
        block.append(contentsOf: repeatElement(0, count: 64 - block.count))
        var inner = ContentHasher(.sha256)
        inner.update(block.map { $0 ^ 0x36 })
        var outer = ContentHasher(.sha256)
        outer.update(block.map { $0 ^ 0x5C })
        self.inner = inner
        self.outer = outer
    }

    /// The code of a message.
    public func code(for message: some Sequence<UInt8>) -> [UInt8] { digest(of: message).bytes }

    /// The code of a message as a digest, which takes no memory of its own: a key for what is looked up.
    package func digest(of message: some Sequence<UInt8>) -> Digest {
        var inner = inner
        inner.update(message)
        var outer = outer
        outer.update(inner.digest().bytes)
        return outer.digest()
    }

    /// Whether a code is the message's, found in a time that does not tell how much of it was right.
    public func isValid(_ code: some Collection<UInt8>, for message: some Sequence<UInt8>) -> Bool {
        constantTimeEqual(Array(code), self.code(for: message))
    }
}

/// Whether two secrets are equal, found in a time that depends on their lengths only.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return CRYPTO_memcmp(left, right, left.count) == 0
}
