internal import NIOCore

/// What a source gives, gathered to a piece that is worth being hashed and written.
struct UploadPiece {
    /// What a source gives at once, mostly: a piece is taken for full when as much may not fit. A busy socket gives more,
    /// and the piece is larger by as much.
    static let partSize = 64 * 1024

    private(set) var bytes = ByteBuffer()
    /// Whether nothing comes after it.
    private(set) var isLast = false
    /// Why nothing comes after it, where that is not the content's end.
    private(set) var failure: (any Error)?

    /// Gathers about `size` bytes; a part that the source gives at once is not divided.
    init(from source: ContentSource, size: Int) async {
        do {
            while bytes.readableBytes <= size - Self.partSize {
                guard let part = try await source.next() else {
                    isLast = true
                    return
                }
                append(part, size: size)
            }
        } catch {
            isLast = true
            failure = error
        }
    }

    private mutating func append(_ part: ByteBuffer, size: Int) {
        guard bytes.readableBytes > 0 else {
            bytes = part
            return
        }
        if bytes.writableBytes < part.readableBytes, bytes.readableBytes + part.readableBytes > Self.partSize {
            // To its full size at once, and not by doubling.
            bytes.reserveCapacity(minimumWritableBytes: max(size - bytes.readableBytes, part.readableBytes))
        }
        bytes.writeImmutableBuffer(part)
    }
}
