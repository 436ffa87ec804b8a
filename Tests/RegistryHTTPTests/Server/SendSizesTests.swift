import Testing

@testable import RegistryHTTP

@Suite("How much of a file one call sends")
struct SendSizesTests {
    /// Which size most bursts use after many that took so long, in nanoseconds for 512 KiB.
    private func preferred(_ sizes: SendSizes, small: Int64, large: Int64) -> (small: Int, large: Int) {
        var count = (small: 0, large: 0)
        for _ in 0..<6400 {
            let choice = sizes.next()
            if choice == .small { count.small += 1 } else { count.large += 1 }
            sizes.took(nanoseconds: choice == .small ? small : large, bytes: 512 * 1024, choice)
        }
        return count
    }

    @Test("is what takes less time, the other is tried now and then, and it changes when that does")
    func less() {
        let sizes = SendSizes()
        #expect(preferred(sizes, small: 100_000, large: 250_000).large < 6400 / 30)
        let after = preferred(sizes, small: 300_000, large: 150_000)
        #expect(after.small < 6400 / 16)
        #expect(preferred(sizes, small: 100_000, large: 250_000).large < 6400 / 16)
    }

    @Test("is not decided by a burst of a few bytes, nor by a clock that stood still")
    func noTime() {
        let sizes = SendSizes()
        sizes.took(nanoseconds: 1, bytes: 1, .small)
        sizes.took(nanoseconds: 0, bytes: 512 * 1024, .small)
        #expect(sizes.next() == .small)
        sizes.took(nanoseconds: .max, bytes: .max, .small)
        #expect(sizes.next() == .large)
    }
}
