internal import Synchronization

/// In how large pieces uploads are hashed and written: the larger the fewer there are at once, so that together they
/// hold about ``heldBytes``; more where so many are under way that the smallest pieces are too large for that.
///
/// For each piece two threads are woken. With pieces of 1 MiB a push of 256 MiB took an eighth less of the processor than
/// with 256 KiB, and a tenth less time.
final class PieceSizes: Sendable {
    private static let heldBytes = 18 << 20
    /// A blob of 1 MiB is one piece, which is written straight to its place.
    private static let range = (128 << 10)...((1 << 20) + UploadPiece.partSize)

    /// So many that the hash has enough to do while the disk has one half of them, and the other half comes.
    private static let mostAtOnce = 2 * UploadPieces.Taker.disk.mostAtOnce

    private let uploads = Atomic<Int>(0)

    /// The size for each of the uploads that are under way, in bytes; an upload holds two pieces or more.
    var current: Int {
        let size = Self.heldBytes / 2 / max(1, uploads.load(ordering: .relaxed))
        return min(max(size, Self.range.lowerBound), Self.range.upperBound)
    }

    /// How many pieces each of the uploads may hold, with the one that it gathers.
    var atOnce: Int {
        min(max(Self.heldBytes / max(1, uploads.load(ordering: .relaxed)) / current, 2), Self.mostAtOnce)
    }

    /// Says that an upload's bytes begin to come. A call of ``endUpload()`` must follow.
    func beginUpload() { uploads.add(1, ordering: .relaxed) }

    /// Says that an upload's bytes have come, or broke off.
    func endUpload() { uploads.subtract(1, ordering: .relaxed) }
}
