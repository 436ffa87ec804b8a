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
            taken += piece.map { $0.getInteger(at: 0) ?? -1 }
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
        var taken = 0
        while let some = await pieces.next(for: .disk) {
            taken += some.count
            let count = begun.withLock { $0 }
            #expect(count <= taken + 3)
        }
        #expect(taken == 20)
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
        let count = await written.count
        #expect(count >= 5)
        #expect(await written == Array(0..<count))
        #expect(await hashed.count >= count)
        let more = await pieces.put(piece(0), upTo: 2)
        #expect(!more)
    }

    @Test("the disk has those that are there together, up to as many as it takes, and the hash one by one")
    func together() async {
        let pieces = UploadPieces()
        for number in 0..<8 { _ = await pieces.put(piece(number), upTo: 20) }
        let first = await pieces.next(for: .disk)
        let second = await pieces.next(for: .disk)
        let hashed = await pieces.next(for: .hash)
        #expect(first == (0..<6).flatMap(piece))
        #expect(second == (6..<8).flatMap(piece))
        #expect(hashed == piece(0))
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
