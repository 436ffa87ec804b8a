internal import NIOCore
import Synchronization

/// The pieces of an upload on their way to those who take them: the hash and the disk. Each takes all pieces in their order,
/// and neither waits for the other, as long as few enough are under way.
final class UploadPieces: Sendable {
    /// Who takes each piece.
    enum Taker: Int, CaseIterable {
        case hash, disk

        /// How many it takes together, where so many are there. The disk's threads are woken once for all of them: with one
        /// at a time, and calls of 1 MiB, a push of 256 MiB waited a quarter of its time for those to be woken.
        var mostAtOnce: Int {
            switch self {
            case .hash: 1
            case .disk: 6
            }
        }
    }

    private typealias Piece = [ByteBuffer]

    private struct Progress {
        var taken = 0
        var done = 0
        var waiting: CheckedContinuation<Piece?, Never>?
    }

    private struct State {
        /// Those that somebody has not done yet.
        var pieces: [Piece] = []
        /// How many were before those.
        var passed = 0
        var takers = Taker.allCases.map { _ in Progress() }
        var isEnded = false
        var gathering: (limit: Int, CheckedContinuation<Bool, Never>)?

        var begun: Int { passed + pieces.count }

        mutating func next(of taker: Taker) -> Piece {
            let next = pieces.dropFirst(takers[taker.rawValue].taken - passed).prefix(taker.mostAtOnce)
            takers[taker.rawValue].taken += next.count
            return next.count == 1 ? next[next.startIndex] : Array(next.joined())
        }

        /// Forgets what all have done; gives who waits for that.
        mutating func dropPassed() -> CheckedContinuation<Bool, Never>? {
            let done = takers.reduce(Int.max) { min($0, $1.done) } - passed
            pieces.removeFirst(done)
            passed += done
            guard let (limit, waiting) = gathering, pieces.count < limit else { return nil }
            gathering = nil
            return waiting
        }
    }

    private let state = Mutex(State())

    /// Hands a piece to all takers, unless it is empty, and waits until fewer than `limit` are under way.
    ///
    /// - Returns: whether more are wanted.
    func put(_ piece: [ByteBuffer], upTo limit: Int) async -> Bool {
        let woken = state.withLock { state -> [(CheckedContinuation<Piece?, Never>, Piece?)] in
            guard !state.isEnded, !piece.isEmpty else { return [] }
            state.pieces.append(piece)
            return Taker.allCases.compactMap { taker in
                state.takers[taker.rawValue].waiting.take().map { ($0, state.next(of: taker)) }
            }
        }
        for (taker, piece) in woken { taker.resume(returning: piece) }
        return await withCheckedContinuation { gathering in
            let goesOn = state.withLock { state -> Bool? in
                guard !state.isEnded, state.pieces.count >= limit else { return !state.isEnded }
                state.gathering = (limit, gathering)
                return nil
            }
            if let goesOn { gathering.resume(returning: goesOn) }
        }
    }

    /// The next piece, or pieces put together; `nil` after the last one. Who asks has done those before.
    func next(for taker: Taker) async -> [ByteBuffer]? {
        await withCheckedContinuation { waiting in
            let (gathering, isAnswered, piece) = state.withLock {
                state -> (CheckedContinuation<Bool, Never>?, Bool, Piece?) in
                let place = taker.rawValue
                state.takers[place].done = state.takers[place].taken
                let gathering = state.dropPassed()
                if state.takers[place].taken < state.begun { return (gathering, true, state.next(of: taker)) }
                if state.isEnded { return (gathering, true, nil) }
                state.takers[place].waiting = waiting
                return (gathering, false, nil)
            }
            gathering?.resume(returning: true)
            if isAnswered { waiting.resume(returning: piece) }
        }
    }

    /// Says that no more pieces come, or that no more are wanted.
    func end() {
        let (takers, gathering) = state.withLock { state in
            state.isEnded = true
            defer { state.gathering = nil }
            return (state.takers.indices.compactMap { state.takers[$0].waiting.take() }, state.gathering?.1)
        }
        for taker in takers { taker.resume(returning: nil) }
        gathering?.resume(returning: false)
    }
}
