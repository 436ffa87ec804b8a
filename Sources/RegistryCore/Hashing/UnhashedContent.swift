internal import NIOCore

/// What is left to be hashed of content that lies in several buffers.
struct UnhashedContent {
    private var current = ByteBuffer()
    private var later: ArraySlice<ByteBuffer>

    init(_ parts: [ByteBuffer]) { later = parts[...] }

    /// Hashes all that is left.
    mutating func hash(with hasher: inout ContentHasher) {
        while advance() {
            hasher.update(current)
            current.moveReaderIndex(to: current.writerIndex)
        }
    }

    /// Hashes two contents by turns, as far as that goes.
    static func hash(
        _ first: inout UnhashedContent,
        with hasher: inout ContentHasher,
        _ second: inout UnhashedContent,
        with otherHasher: inout ContentHasher
    ) {
        while first.fillBlock(of: &hasher), second.fillBlock(of: &otherHasher) {
            let count = first.current.withUnsafeReadableBytes { bytes in
                second.current.withUnsafeReadableBytes { otherBytes in
                    ContentHasher.updateByTurns(&hasher, with: bytes, &otherHasher, with: otherBytes)
                }
            }
            guard count > 0 else { return }
            first.current.moveReaderIndex(forwardBy: count)
            second.current.moveReaderIndex(forwardBy: count)
        }
    }

    /// Hashes so much that the hash stands between two blocks, before a whole one.
    ///
    /// - Returns: whether there is a whole one.
    private mutating func fillBlock(of hasher: inout ContentHasher) -> Bool {
        while advance() {
            let missing = hasher.bytesToBlockEnd
            if missing == 0, current.readableBytes >= ContentHasher.blockCount { return true }
            let count = missing == 0 ? current.readableBytes : min(missing, current.readableBytes)
            if let part = current.readSlice(length: count) { hasher.update(part) }
        }
        return false
    }

    /// - Returns: whether there is anything left.
    private mutating func advance() -> Bool {
        while current.readableBytes == 0 {
            guard let next = later.popFirst() else { return false }
            current = next
        }
        return true
    }
}
