internal import Synchronization

/// In how large pieces uploads are hashed and written: the larger the fewer there are at once, so that together they
/// hold no more than ``heldBytes``.
///
/// For each piece two threads are woken. With pieces of 1 MiB a push of 256 MiB took an eighth less of the processor than
/// with 256 KiB, and a tenth less time.
final class PieceSizes: Sendable {
    /// What all uploads hold, while they are few enough for pieces of the smallest size.
    private static let heldBytes = 24 << 20
    /// A blob of 1 MiB is one piece, which is written straight to its place.
    private static let range = (128 << 10)...((1 << 20) + UploadPiece.partSize)

    private let uploads = Atomic<Int>(0)

    /// The size for each of the uploads that are under way, in bytes. An upload holds two pieces.
    var current: Int {
        let size = Self.heldBytes / 2 / max(1, uploads.load(ordering: .relaxed))
        return min(max(size, Self.range.lowerBound), Self.range.upperBound)
    }

    /// Runs what takes an upload's bytes.
    func withUpload<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        uploads.add(1, ordering: .relaxed)
        defer { uploads.subtract(1, ordering: .relaxed) }
        return try await body()
    }
}
