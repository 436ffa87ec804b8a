import Synchronization

/// Holds several readers together to so many bytes a second.
///
/// Each read is given a place on a line of time that moves on by what its bytes are worth, and waits for it. So a
/// reader never waits for what others are yet to read, and a pause is not made up for by a burst.
final class ReadRate: Sendable {
    private let bytesPerSecond: Int64?
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let next = Mutex(Duration.zero)

    /// - Parameters:
    ///   - bytesPerSecond: the limit; `nil` for none.
    ///   - now: the time since any fixed moment.
    ///   - sleep: waits.
    init(
        _ bytesPerSecond: Int64?,
        now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.bytesPerSecond = bytesPerSecond.map { max(1, $0) }
        self.now = now
        self.sleep = sleep
    }

    /// A limit by the system's clock.
    convenience init(_ bytesPerSecond: Int64?) {
        let clock = ContinuousClock()
        let start = clock.now
        self.init(bytesPerSecond, now: { start.duration(to: clock.now) }, sleep: { try await clock.sleep(for: $0) })
    }

    /// Waits until so many bytes may be read.
    ///
    /// - Throws: `CancellationError`.
    func take(_ bytes: Int) async throws {
        guard let bytesPerSecond, bytes > 0 else { return }
        let wait = next.withLock { next in
            let now = now()
            let place = max(now, next)
            next = place + .nanoseconds(Int64(Double(bytes) / Double(bytesPerSecond) * 1e9))
            return place - now
        }
        if wait > .zero { try await sleep(wait) }
    }
}
