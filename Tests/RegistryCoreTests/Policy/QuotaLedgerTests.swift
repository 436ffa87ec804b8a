import Testing

@testable import RegistryCore

@Suite("The ledger of a quota")
struct QuotaLedgerTests {
    private func question(
        _ key: UInt64? = nil,
        _ bytes: Int64,
        limit: Int64 = 100,
        asked: ContinuousClock.Instant = .now,
        freshness: Duration = .seconds(60)
    ) -> QuotaLedger.Question {
        .init(key: key, bytes: bytes, limit: limit, asked: asked, freshness: freshness)
    }

    private func table(_ contents: [UInt64: Int64]) -> SizeTable {
        var table = SizeTable()
        for (key, size) in contents { table.insert(key, size: size) }
        return table
    }

    private func counted(_ contents: [UInt64: Int64], began: ContinuousClock.Instant = .now) -> QuotaLedger {
        var ledger = QuotaLedger()
        ledger.beginCount()
        ledger.finishCount(table(contents), began: began)
        return ledger
    }

    @Test("nothing is known before the first count, and what is linked meanwhile is not lost")
    func uncounted() {
        var ledger = QuotaLedger()
        #expect(ledger.answer(question(1, 1)) == .uncounted)
        #expect(ledger.used == nil)
        ledger.reserve(1, bytes: 60)
        ledger.beginCount()
        ledger.reserve(2, bytes: 20)
        ledger.settle(2, isLinked: true)
        ledger.finishCount(table([3: 10]), began: .now)
        #expect(ledger.used == 90)
        ledger.settle(1, isLinked: true)
        #expect(ledger.used == 90)
    }

    @Test("there is room up to the limit, and none for one byte more")
    func limit() {
        var ledger = counted([1: 40])
        #expect(ledger.answer(question(2, 60)) == .room(60))
        #expect(ledger.answer(question(2, 61)) == .full(used: 40))
        #expect(ledger.answer(question(nil, 61)) == .full(used: 40))
        #expect(ledger.reserve(question(2, 60)) == .room(60))
        #expect(ledger.answer(question(3, 1)) == .full(used: 100))
        #expect(ledger.reserve(question(3, 1)) == .full(used: 100))
        #expect(ledger.used == 100)
    }

    @Test("what is counted already needs no room, however full it is")
    func counted() {
        var ledger = counted([1: 400])
        #expect(ledger.reserve(question(1, 400)) == .room(.max))
        #expect(ledger.used == 400)
    }

    @Test("nothing is refused by a count that is too old, or older than a removal, or of before what failed")
    func stale() {
        let now = ContinuousClock.now
        let old = counted([1: 100], began: now - .seconds(100))
        #expect(old.answer(question(2, 1, asked: now)) == .stale)
        #expect(old.answer(question(2, 1, asked: now, freshness: .seconds(1000))) == .full(used: 100))
        #expect(old.answer(question(2, 1, asked: now - .seconds(200))) == .full(used: 100))

        var removed = counted([1: 100])
        removed.noteRemoval()
        #expect(removed.answer(question(2, 1)) == .stale)

        var failed = counted([1: 50])
        #expect(failed.reserve(question(2, 50)) == .room(50))
        failed.settle(2, isLinked: false)
        #expect(failed.answer(question(3, 1)) == .stale)
    }

    @Test("what is linked while a count runs stays counted, though the count has passed its place")
    func during() {
        var ledger = counted([1: 10])
        #expect(ledger.reserve(question(2, 10)) == .room(90))
        ledger.beginCount()
        ledger.settle(2, isLinked: true)
        ledger.finishCount(table([:]), began: .now)
        #expect(ledger.used == 10)
        // The next one finds what is there.
        ledger.beginCount()
        ledger.finishCount(table([2: 10, 4: 1]), began: .now)
        #expect(ledger.used == 11)
        ledger.beginCount()
        ledger.abandonCount()
        #expect(ledger.used == 11)
    }

    @Test("two who link the same at once take its room once, and until both are done")
    func shared() {
        var ledger = counted([:])
        #expect(ledger.reserve(question(1, 60)) == .room(100))
        #expect(ledger.reserve(question(1, 60)) == .room(.max))
        #expect(ledger.used == 60)
        ledger.settle(1, isLinked: true)
        ledger.beginCount()
        ledger.finishCount(table([:]), began: .now)
        #expect(ledger.used == 60)
        ledger.settle(1, isLinked: true)
        ledger.beginCount()
        ledger.finishCount(table([:]), began: .now)
        #expect(ledger.used == 0)
    }

    @Test("a table keeps each length and takes at most 38 bytes for each content")
    func sizes() {
        var table = SizeTable()
        for number in UInt64(1)...100_000 {
            table.insert(number &* 0x9E37_79B9_7F4A_7C15, size: Int64(number))
            table.insert(number &* 0x9E37_79B9_7F4A_7C15, size: 1)
            if number > 100 { #expect(table.byteCount <= Int(number) * 38) }
        }
        #expect(table.count == 100_000)
        #expect(table.total == 100_000 * 100_001 / 2)
        #expect(table[5 &* 0x9E37_79B9_7F4A_7C15] == 5)
        #expect(table[7] == nil)
    }

    @Test(
        "numbers of bytes are told in binary units",
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1535, "1.4 KiB"), (1536, "1.5 KiB"),
            (10 << 30, "10 GiB"), ((10 << 30) - 1, "9.9 GiB"), (.max, "8191.9 PiB"),
        ] as [(Int64, String)]
    )
    func text(bytes: Int64, expected: String) { #expect(bytesText(bytes) == expected) }
}
