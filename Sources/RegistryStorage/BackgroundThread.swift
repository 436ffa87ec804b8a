#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a thread of a ``BackgroundTaskExecutor`` knows of itself: that it may wait for the disk, and how long it has worked.
///
/// A thread sees only its own. On two processors, with collections that followed one another beside 1,500 operations a
/// second, half of these took 2 ms and one in a hundred 34 to 50; on the threads of all other work 72 to 327, and 350 to 650.
final class BackgroundThread {
    /// A tenth of the processor is left to the thread beside one that always runs.
    private static let niceness: CInt = 10
    /// How long it works before it looks whether to rest.
    private static let turn = Duration.milliseconds(5)
    /// How much longer than it has worked it rests.
    private static let restFactor = 3
    /// A call that took long, on a slow disk, has not taken the processor meanwhile.
    private static let longestRest = Duration.milliseconds(50)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key) {
            if let own = $0 { Unmanaged<BackgroundThread>.fromOpaque(own).release() }
        }
        precondition(failure == 0, "this early a process has places for values of its threads")
        return key
    }()

    private let answers: (@Sendable () -> Int)?
    private var seen = 0
    private var worked = Duration.zero
    private var since = ContinuousClock.now

    private init(givingWayTo answers: (@Sendable () -> Int)?) {
        self.answers = answers
        // Where the system refuses it only rests.
        if answers != nil { _ = nice(Self.niceness) }
    }

    /// What the thread that asks knows of itself; `nil` when it is another kind of thread.
    static var current: BackgroundThread? {
        pthread_getspecific(key).map { Unmanaged<BackgroundThread>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Makes the thread that asks one of these, until it ends.
    static func currentOrNew(givingWayTo answers: (@Sendable () -> Int)?) -> BackgroundThread {
        if let current { return current }
        let new = BackgroundThread(givingWayTo: answers)
        pthread_setspecific(key, Unmanaged.passRetained(new).toOpaque())
        return new
    }

    /// Does a job.
    func work(_ job: () -> Void) {
        since = .now
        job()
        count()
    }

    /// Rests if it is time to: between two calls of a job, since one job may go on for seconds.
    func restIfDue() {
        guard let answers else { return }
        count()
        guard worked >= Self.turn else { return }
        let count = answers()
        if count != seen {
            let rest = min(worked * Self.restFactor, Self.longestRest)
            usleep(useconds_t(rest / .microseconds(1)))
        }
        seen = count
        worked = .zero
        since = .now
    }

    private func count() {
        let now = ContinuousClock.now
        worked += now - since
        since = now
    }
}
