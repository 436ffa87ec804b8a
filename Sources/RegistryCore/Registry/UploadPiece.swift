internal import NIOCore

/// What a source gives, gathered to a piece that is worth being hashed and written.
struct UploadPiece {
    /// What a source gives at once, mostly: a piece is taken for full when as much may not fit. A busy socket gives more,
    /// and the piece is larger by as much.
    static let partSize = 64 * 1024
    /// Fewer bytes than this are copied beside others.
    private static let smallestPart = 16 * 1024

    /// In as many buffers as they came in, unless those hold little: to copy them to lie in one took a third of an event
    /// loop's time during a push of 256 MiB.
    private(set) var parts: [ByteBuffer] = []
    /// How many bytes it has.
    private(set) var count = 0
    /// Whether the last of the buffers is one that small parts are copied to.
    private var isGathering = false
    /// Whether nothing comes after it.
    private(set) var isLast = false
    /// Why nothing comes after it, where that is not the content's end.
    private(set) var failure: (any Error)?

    /// Gathers about `size` bytes; a part that the source gives at once is not divided.
    init(from source: ContentSource, size: Int) async {
        do {
            while count <= size - Self.partSize {
                guard let part = try await source.next() else {
                    isLast = true
                    return
                }
                append(part)
            }
        } catch {
            isLast = true
            failure = error
        }
    }

    private mutating func append(_ part: ByteBuffer) {
        count += part.readableBytes
        if Self.isWorthKeeping(part) {
            parts.append(part)
            isGathering = false
        } else if isGathering, let last = parts.indices.last, parts[last].writableBytes >= part.readableBytes {
            parts[last].writeImmutableBuffer(part)
        } else {
            // What is small is mostly all there is.
            let room = parts.isEmpty ? part.readableBytes : max(Self.partSize, part.readableBytes)
            var gathered = ByteBufferAllocator().buffer(capacity: room)
            gathered.writeImmutableBuffer(part)
            parts.append(gathered)
            isGathering = true
        }
    }

    /// Whether most of the memory that a buffer holds is bytes that it shows, and they are not few.
    private static func isWorthKeeping(_ part: ByteBuffer) -> Bool {
        part.readableBytes >= smallestPart && part.readableBytes >= part.storageCapacity / 2
    }
}
