import NIOCore

/// Runs tasks on an event loop, so that a connection's task, its channel and whatever it awaits share one thread.
final class EventLoopTaskExecutor: TaskExecutor {
    let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        eventLoop.execute { job.runSynchronously(on: executor) }
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
