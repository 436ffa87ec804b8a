import NIOCore
import RegistryCore
import RegistryTesting
import Testing

@testable import RegistryStorage

@Suite("the store in memory is a sorted map of paths")
struct MemoryStoreTests {
    @Test("packed pages hold what a dictionary would, whatever comes and goes", arguments: [1, 2, 3])
    func againstModel(seed: UInt64) {
        var random = Generator(state: seed)
        var entries = OrderedEntries()
        var model: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<6_000 {
            let key = makeKey(&random)
            switch random.next() % 10 {
            case 0...6:
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 9))
                entries.set(key, value, EntryMark(modified: Int64(value.count), outside: 0))
                model[key] = value
            case 7, 8:
                entries.remove(key)
                model[key] = nil
            default:
                let end = key + [255]
                let removed = entries.remove(from: key, upTo: end)
                let doomed = model.keys.filter { isInRange($0, key, end) }
                #expect(removed.count == doomed.count)
                for key in doomed { model[key] = nil }
            }
        }
        #expect(entries.count == model.count)
        for (key, value) in model {
            #expect(entries.value(of: key).map { Array($0.value) } == value)
            #expect(entries.value(of: key)?.mark.modified == Int64(value.count))
        }
        var walked: [[UInt8]] = []
        while let next = entries.firstKey(from: walked.last.map { $0 + [0] } ?? [], withPrefix: []) {
            walked.append(next)
        }
        #expect(walked == model.keys.sorted { $0.lexicographicallyPrecedes($1) })
    }

    /// Keys of few bytes, so that many share a beginning and many come up again.
    private func makeKey(_ random: inout Generator) -> [UInt8] {
        let length = Int(random.next() % 12) + 1
        return (0..<length).map { _ in UInt8(random.next() % 3) + 65 }
    }

    private func isInRange(_ key: [UInt8], _ first: [UInt8], _ end: [UInt8]) -> Bool {
        !key.lexicographicallyPrecedes(first) && key.lexicographicallyPrecedes(end)
    }

    /// SplitMix64, so that a failure comes up again.
    private struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }

    @Test("an object in memory has the time of the clock that it was given")
    func time() async throws {
        let driver = MemoryDriver(now: { 42 })
        try await driver.put(ByteBuffer(string: "x"), at: .root.appending("object"))
        #expect(try await driver.metadata(at: .root.appending("object")).modified == 42)
        #expect(try await driver.open(at: .root.appending("object")).modified == 42)
    }
}
