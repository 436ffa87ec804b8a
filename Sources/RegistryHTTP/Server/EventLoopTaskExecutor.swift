import NIOCore

/// Runs tasks on an event loop, so that a connection's task, its channel and whatever it awaits share one thread.
///
/// What the loop itself brings, such as a connection's next request, is run by one of its tasks for all of a turn: a task for
/// each was 1,300 of the 126,000 instructions of a manifest's pull.
final class EventLoopTaskExecutor: TaskExecutor {
    /// What is to be run. It lives on the loop.
    private final class Jobs {
        var waiting: [UnownedJob] = []
        /// Room for those that come while others are run.
        var spare: [UnownedJob] = []
    }

    /// More of them keep no room for the next turn.
    private static let mostKept = 256

    let eventLoop: any EventLoop
    private let jobs: NIOLoopBoundBox<Jobs>

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        jobs = NIOLoopBoundBox.makeBoxSendingValue(Jobs(), eventLoop: eventLoop)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard eventLoop.inEventLoop else {
            let executor = asUnownedTaskExecutor()
            return eventLoop.execute { job.runSynchronously(on: executor) }
        }
        let jobs = jobs.value
        jobs.waiting.append(job)
        if jobs.waiting.count == 1 { eventLoop.assumeIsolated().execute { self.run(jobs) } }
    }

    /// Runs what waits. What comes meanwhile is another task's, behind those that the loop has already.
    private func run(_ jobs: Jobs) {
        var due = jobs.waiting
        jobs.waiting = jobs.spare
        jobs.spare = []
        let executor = asUnownedTaskExecutor()
        for job in due { job.runSynchronously(on: executor) }
        due.removeAll(keepingCapacity: due.count <= Self.mostKept)
        jobs.spare = due
    }
}

/// What the connections of one event loop share.
final class LoopContext: Sendable {
    let executor: EventLoopTaskExecutor
    let dates: NIOLoopBoundBox<DateCache>
    let flushes: NIOLoopBoundBox<PendingFlushes>
    /// `nil` when nobody wants to hear of answers.
    let reports: NIOLoopBoundBox<ExchangeReports>?

    init(_ eventLoop: any EventLoop, _ observer: (any ServerObserver)?) {
        executor = EventLoopTaskExecutor(eventLoop)
        flushes = NIOLoopBoundBox.makeBoxSendingValue(PendingFlushes(eventLoop), eventLoop: eventLoop)
        reports = observer.map {
            NIOLoopBoundBox.makeBoxSendingValue(ExchangeReports($0, eventLoop), eventLoop: eventLoop)
        }
        dates = NIOLoopBoundBox.makeBoxSendingValue(DateCache(), eventLoop: eventLoop)
    }
}
