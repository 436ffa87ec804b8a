import NIOCore
import Synchronization
import Testing

@testable import RegistryCore

@Suite("The pieces of an upload on their way to the hash and to the disk")
struct UploadPiecesTests {
    private func piece(_ number: Int) -> [ByteBuffer] { [ByteBuffer(integer: number)] }

    private func all(_ pieces: UploadPieces, for taker: UploadPieces.Taker, upTo limit: Int = .max) async -> [Int] {
        var taken: [Int] = []
        while taken.count < limit, let piece = await pieces.next(for: taker) {
            taken.append(piece.first?.getInteger(at: 0) ?? -1)
            await Task.yield()
        }
        return taken
    }

    @Test("each taker has all of them in their order, however many are under way", arguments: [1, 2, 3, 6])
    func order(limit: Int) async {
        let pieces = UploadPieces()
        async let hashed = all(pieces, for: .hash)
        async let written = all(pieces, for: .disk)
        for number in 0..<200 {
            let goesOn = await pieces.put(piece(number), upTo: limit)
            #expect(goesOn)
        }
        pieces.end()
        #expect(await hashed == Array(0..<200))
        #expect(await written == Array(0..<200))
    }

    @Test("who gathers waits for the slower taker")
    func limit() async {
        let pieces = UploadPieces()
        let begun = Mutex(0)
        async let hashed = all(pieces, for: .hash)
        async let gathered: Void = {
            for number in 0..<20 {
                begun.withLock { $0 += 1 }
                _ = await pieces.put(piece(number), upTo: 3)
            }
            pieces.end()
        }()
        for taken in 1...20 {
            _ = await pieces.next(for: .disk)
            let count = begun.withLock { $0 }
            #expect(count <= taken + 3)
        }
        let last = await pieces.next(for: .disk)
        #expect(last == nil)
        await gathered
        #expect(await hashed.count == 20)
    }

    @Test("when the disk takes no more, who gathers is told, and the hash ends")
    func failure() async {
        let pieces = UploadPieces()
        async let hashed = all(pieces, for: .hash)
        async let written: [Int] = {
            defer { pieces.end() }
            return await all(pieces, for: .disk, upTo: 5)
        }()
        var number = 0
        while await pieces.put(piece(number), upTo: 2) { number += 1 }
        #expect(await written == Array(0..<5))
        #expect(await hashed.count >= 5)
        let more = await pieces.put(piece(0), upTo: 2)
        #expect(!more)
    }

    @Test("an empty piece is handed to nobody")
    func empty() async {
        let pieces = UploadPieces()
        _ = await pieces.put([], upTo: 1)
        _ = await pieces.put(piece(7), upTo: 2)
        pieces.end()
        #expect(await all(pieces, for: .hash) == [7])
        #expect(await all(pieces, for: .disk) == [7])
    }
}
