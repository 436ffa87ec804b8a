import NIOCore
import RegistryTesting
import Synchronization
import Testing

@testable import RegistryCore

@Suite("The pieces of an upload")
struct UploadPieceTests {
    private struct BrokenOff: Error {}

    /// Gives parts out, and then ends or throws.
    private func source(_ parts: [ByteBuffer], failing: Bool = false) -> ContentSource {
        let rest = Mutex(parts[...])
        return ContentSource {
            if let part = rest.withLock({ $0.popFirst() }) { return part }
            if failing { throw BrokenOff() }
            return nil
        }
    }

    @Test(
        "pieces hold what the source gave, in its order, and no more than their size and one part",
        arguments: UInt64(0)..<20
    )
    func order(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let size = Int.random(in: 128 << 10...1 << 20, using: &random)
        let parts = (0..<Int.random(in: 0...60, using: &random)).map { number in
            ByteBuffer(repeating: UInt8(number), count: Int.random(in: 1...(256 << 10), using: &random))
        }
        let source = source(parts)
        var (all, isLast) = (ByteBuffer(), false)
        while !isLast {
            let piece = await UploadPiece(from: source, size: size)
            #expect(piece.failure == nil)
            #expect(piece.count == joined(piece).readableBytes)
            #expect(piece.count <= size + 256 << 10)
            #expect(piece.isLast || piece.count > size - UploadPiece.partSize)
            all.writeImmutableBuffer(joined(piece))
            isLast = piece.isLast
        }
        #expect(all == parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
    }

    private func joined(_ piece: UploadPiece) -> ByteBuffer {
        piece.parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }

    @Test("small parts are copied beside each other, and so are those of buffers that hold much more than they show")
    func memory() async {
        let large = ByteBuffer(repeating: 1, count: 256 << 10)
        let parts = (0..<64).map { large.getSlice(at: $0, length: $0.isMultiple(of: 2) ? 100 : 20_000) ?? ByteBuffer() }
        let piece = await UploadPiece(from: source(parts), size: 1 << 20)
        #expect(joined(piece) == parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
        #expect(piece.parts.reduce(0) { $0 + $1.storageCapacity } <= 2 * piece.count)
    }

    @Test("a part that fills its buffer stays where it is")
    func kept() async {
        let parts = (0..<3).map { ByteBuffer(repeating: UInt8($0), count: 128 << 10) }
        let piece = await UploadPiece(from: source(parts), size: 1 << 20)
        #expect(piece.parts == parts)
        for (part, kept) in zip(parts, piece.parts) {
            let addresses = [part, kept].map { $0.withUnsafeReadableBytes { $0.baseAddress } }
            #expect(addresses[0] == addresses[1])
        }
    }

    @Test("what came before the source broke off is kept, and the piece is the last")
    func failure() async {
        let piece = await UploadPiece(
            from: source([ByteBuffer(string: "a"), ByteBuffer(string: "b")], failing: true),
            size: 1 << 20
        )
        #expect(joined(piece) == ByteBuffer(string: "ab"))
        #expect(piece.isLast && piece.failure is BrokenOff)
    }

    @Test("the more uploads there are the smaller are their pieces, and a blob of 1 MiB is one where they are few")
    func sizes() {
        let sizes = PieceSizes()
        #expect(sizes.current > 1 << 20)
        for count in 1...200 {
            sizes.beginUpload()
            if count <= 8 { #expect(sizes.current > 1 << 20) }
            if (9...72).contains(count) { #expect(sizes.current * count * 2 <= 18 << 20) }
            #expect((2...12).contains(sizes.atOnce))
            if count <= 72 { #expect(sizes.current * sizes.atOnce * count <= 19 << 20) }
        }
        #expect(sizes.current == 128 << 10)
        for _ in 1...200 { sizes.endUpload() }
        #expect(sizes.current > 1 << 20, "all have ended")
    }
}
