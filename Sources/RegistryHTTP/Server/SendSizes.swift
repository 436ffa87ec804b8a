import Synchronization

/// How much of a file the kernel is told to send by one call: what takes less time a byte on this machine.
///
/// Which that is can't be known before. What does not fill a segment, 64 KiB at the most, the kernel gathers while other
/// parts are on their way; what does is sent at once, and each one wakes the receiver. On one virtual machine (Intel, one
/// connection) calls of 32 KiB took 0.24 s of CPU a GB and large ones 0.65; on another (AMD) 0.34 and 0.25, and 1,600
/// MB/s and, with full segments only (`TCP_CORK`), 3,500. So both are timed as they are used, and every 32nd burst tries
/// the other one.
///
/// Any thread may call. Two that call at once may lose a time, which is one of many.
final class SendSizes: Sendable {
    /// One of the two.
    enum Choice {
        case small, large

        /// In bytes.
        var size: Int64 { self == .small ? 32 * 1024 : 512 * 1024 }
        /// Whether the kernel is to send full segments only, but for the last.
        var fillsSegments: Bool { self == .large }
        var other: Choice { self == .small ? .large : .small }
    }

    /// Every how many bursts the other one is tried.
    private static let trials = 32
    /// A burst of fewer bytes says too little.
    private static let least: Int64 = 128 * 1024

    /// Nanoseconds a MiB; 0 until it was timed.
    private let small = Atomic<Int64>(0)
    private let large = Atomic<Int64>(0)
    private let bursts = Atomic<Int>(0)

    /// What the next burst should use.
    func next() -> Choice {
        let (small, large) = (small.load(ordering: .relaxed), large.load(ordering: .relaxed))
        if small == 0 { return .small }
        if large == 0 { return .large }
        // Where they are close the large one was better, by what of an answer is not timed.
        let better: Choice = small < large - large / 8 ? .small : .large
        let number = bursts.wrappingAdd(1, ordering: .relaxed).newValue
        return number % Self.trials == 0 ? better.other : better
    }

    /// Takes what a burst took.
    func took(nanoseconds: Int64, bytes: Int64, _ choice: Choice) {
        guard bytes >= Self.least, nanoseconds > 0 else { return }
        let cost = max(1, nanoseconds.multipliedReportingOverflow(by: 1 << 20).partialValue / bytes)
        switch choice {
        case .small: Self.add(cost, to: small)
        case .large: Self.add(cost, to: large)
        }
    }

    /// The mean moves an eighth of the way.
    private static func add(_ cost: Int64, to mean: borrowing Atomic<Int64>) {
        let before = mean.load(ordering: .relaxed)
        mean.store(before == 0 ? cost : max(1, before + (cost - before) / 8), ordering: .relaxed)
    }
}
