internal import Synchronization

// Written here because no Prometheus exporter for Swift was in reach: three kinds of metric and a text format of
// eight lines of grammar, 300 lines in all.

/// Something that is shown in a metrics page.
public protocol MetricSource: Sendable {
    /// Writes the current values. It may be called from any thread, and may read small files of the system.
    func write(into page: inout MetricsPage)
}

/// A number that grows.
public final class Counter: Sendable {
    private let current = Atomic<Int>(0)

    /// Makes a counter of nothing.
    public init() {}

    /// How much was counted.
    public var value: Int { current.load(ordering: .relaxed) }

    /// Counts.
    public func add(_ amount: Int = 1) { current.add(amount, ordering: .relaxed) }
}

/// A number that grows and shrinks.
public final class Gauge: Sendable {
    private let current = Atomic<Int>(0)

    /// Makes a gauge at zero.
    public init() {}

    /// The number.
    public var value: Int { current.load(ordering: .relaxed) }

    /// Changes the number.
    public func add(_ amount: Int) { current.add(amount, ordering: .relaxed) }

    /// Sets the number.
    public func set(_ value: Int) { current.store(value, ordering: .relaxed) }
}

/// How many observations lie below each of some bounds, and their sum.
///
/// It counts in integers, nanoseconds or bytes, so that an observation is two additions and no loop of comparing and
/// exchanging.
public final class Histogram: Sendable {
    /// The upper bounds of some buckets.
    public struct Buckets: Sendable {
        /// The bounds, in units that are observed.
        let bounds: [Int]
        /// How many of those units are one of the unit that is shown.
        let scale: Int

        /// The replaced server's buckets of a request's duration.
        public static let requestSeconds = seconds([
            5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 60_000,
        ])
        /// Prometheus's usual buckets, which the replaced server has for the store's actions.
        public static let actionSeconds = seconds([5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000])
        /// The replaced server's buckets of sizes: 1 KiB, and 21 times its double.
        public static let bytes = Buckets(bounds: (0..<22).map { 1024 << $0 }, scale: 1)

        private static func seconds(_ milliseconds: [Int]) -> Buckets {
            Buckets(bounds: milliseconds.map { $0 * 1_000_000 }, scale: 1_000_000_000)
        }
    }

    let buckets: Buckets
    private let counts: AtomicNumbers
    private let total = Atomic<Int>(0)

    /// Makes an empty histogram.
    public init(_ buckets: Buckets) {
        self.buckets = buckets
        counts = AtomicNumbers(count: buckets.bounds.count + 1)
    }

    /// Observes a number of bytes.
    public func observe(_ value: Int) {
        counts.add(1, at: buckets.bounds.firstIndex { value <= $0 } ?? buckets.bounds.count)
        total.add(value, ordering: .relaxed)
    }

    /// Observes a duration.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }

    /// Observes the time since a moment.
    func observe(since moment: ContinuousClock.Instant) { observe(moment.duration(to: .now)) }

    /// The sum, and how many observations each bucket has without those below it; the last has those beyond all bounds.
    var snapshot: (sum: Int, counts: [Int]) { (total.load(ordering: .relaxed), counts.values) }
}

/// A row of numbers that threads add to without a lock.
///
/// Unchecked: the pointer never changes and is freed with the last reference; what it points to is atomic.
final class AtomicNumbers: @unchecked Sendable {
    private let numbers: UnsafeMutableBufferPointer<Atomic<Int>>

    init(count: Int) {
        numbers = .allocate(capacity: count)
        for index in 0..<count { numbers.initializeElement(at: index, to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize()
        numbers.deallocate()
    }

    /// The numbers as they are.
    var values: [Int] { (0..<numbers.count).map { numbers[$0].load(ordering: .relaxed) } }

    /// Adds to one; it must be there.
    func add(_ amount: Int, at index: Int) { numbers[index].add(amount, ordering: .relaxed) }
}
