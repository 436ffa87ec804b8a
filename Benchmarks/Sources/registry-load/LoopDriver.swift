import NIOCore

/// Runs the operations of one event loop. Used on that loop only.
final class LoopDriver {
    let recorder = Recorder()
    private let plan: Plan
    private let connector: Connector
    private let loop: any EventLoop
    private var workers: [Worker] = []
    private var source: ScriptSource
    private let ready: EventLoopPromise<Void>
    private let done: EventLoopPromise<LoopResult>

    /// Workers with a connection and without an operation.
    private var idle: [Int] = []
    /// Operations of an open loop that are due and that no worker was free for, first in first out.
    private var overdue: [NIODeadline] = []
    private var overdueTaken = 0
    private var arrivals: Arrivals?
    private var began: NIODeadline?
    private var deadline = NIODeadline.distantFuture
    private var left: Int
    private var running = 0
    private var opened = 0
    private var finished = false

    /// What runs on one connection.
    private struct Worker {
        var lane: (any Lane)?
        var script: (any Script)?
        /// When the operation should have started; its latency counts from here, so that a stall of the server shows
        /// in all the operations that it delays ("coordinated omission").
        var intended = NIODeadline.now()
        /// A request that waits for a new connection.
        var waiting: LoadRequest?
    }

    init(
        plan: Plan,
        connector: Connector,
        thread: Int,
        loop: any EventLoop,
        ready: EventLoopPromise<Void>,
        done: EventLoopPromise<LoopResult>
    ) {
        self.plan = plan
        self.connector = connector
        self.loop = loop
        self.ready = ready
        self.done = done
        source = ScriptSource(plan)
        left = plan.operations.map { plan.share(of: $0, thread: thread) } ?? .max
        workers = Array(repeating: Worker(), count: plan.share(of: plan.connections, thread: thread))
        if let rate = plan.rate { arrivals = Arrivals(interval: 1e9 * Double(plan.threads) / rate) }
    }

    /// Opens the connections.
    func connect() {
        for number in workers.indices { connector.connect(self, number, on: loop) }
        if workers.isEmpty { ready.succeed() }
    }

    /// Starts operations.
    func begin() {
        let now = NIODeadline.now()
        began = now
        deadline = now + plan.duration
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: deadline + plan.grace) { bound.value.finish() }
        guard arrivals != nil else {
            loop.scheduleTask(deadline: deadline) { bound.value.finishIfDone() }
            takeIdle()
            return finishIfDone()
        }
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { task in
            if bound.value.finished { return task.cancel() }
            bound.value.release()
        }
    }

    // MARK: Operations

    /// Makes due what has become due in an open loop.
    private func release() {
        let now = NIODeadline.now()
        while left > 0, let elapsed = arrivals?.next(before: min(now, deadline), from: began ?? now) {
            left -= 1
            overdue.append(elapsed)
        }
        takeIdle()
        finishIfDone()
    }

    private func takeIdle() {
        while let number = idle.last, let intended = nextStart() {
            idle.removeLast()
            start(number, intended)
        }
    }

    /// When the next operation was to start, if there is one.
    private func nextStart(_ now: NIODeadline = .now()) -> NIODeadline? {
        guard began != nil, !finished else { return nil }
        if arrivals != nil {
            guard overdueTaken < overdue.count else { return nil }
            defer {
                overdueTaken += 1
                if overdueTaken == overdue.count { (overdue, overdueTaken) = ([], 0) }
            }
            return overdue[overdueTaken]
        }
        guard left > 0, now < deadline else { return nil }
        left -= 1
        return now
    }

    private func start(_ number: Int, _ intended: NIODeadline) {
        running += 1
        workers[number].intended = intended
        workers[number].script = source.next()
        step(number, nil)
    }

    private func step(_ number: Int, _ answer: Answer?) {
        do throws(LoadError) {
            guard let request = try workers[number].script?.next(after: answer) else { return succeed(number) }
            recorder.requests += 1
            if let lane = workers[number].lane {
                lane.send(request)
            } else {
                workers[number].waiting = request
            }
        } catch {
            failed(number, error, lost: nil)
        }
    }

    private func succeed(_ number: Int) {
        guard let script = workers[number].script else { return }
        let now = NIODeadline.now()
        recorder.succeeded(script.kind, after: now - workers[number].intended)
        end(number, now)
    }

    private func end(_ number: Int, _ now: NIODeadline = .now()) {
        workers[number].script = nil
        running -= 1
        rest(number, now)
    }

    private func rest(_ number: Int, _ now: NIODeadline = .now()) {
        guard workers[number].lane != nil else { return finishIfDone() }
        if let intended = nextStart(now) {
            start(number, intended)
        } else {
            idle.append(number)
            finishIfDone()
        }
    }

    // MARK: What connections tell

    func opened(_ lane: any Lane, _ number: Int) {
        workers[number].lane = lane
        if began == nil {
            idle.append(number)
            opened += 1
            if opened == workers.count { ready.succeed() }
        } else if let request = workers[number].waiting {
            workers[number].waiting = nil
            lane.send(request)
        } else {
            rest(number)
        }
    }

    func answered(_ number: Int, _ answer: Answer, lost: (any Lane)?) {
        if let lost { closed(lost, number) }
        step(number, answer)
    }

    func failed(_ number: Int, _ error: LoadError, lost: (any Lane)?) {
        recorder.failed(error)
        if let lost { closed(lost, number) }
        guard workers[number].script != nil else { return }
        // What fails at once and again says no more the thousandth time.
        if recorder.failures >= 1000 { return finish() }
        end(number)
    }

    /// A connection ended, maybe while nothing ran on it. It may be told twice.
    func closed(_ lane: any Lane, _ number: Int) {
        guard workers[number].lane === lane else { return }
        workers[number].lane = nil
        idle.removeAll { $0 == number }
        if !finished { connector.connect(self, number, on: loop) }
    }

    func failedToConnect(_ error: any Error) {
        recorder.failed(LoadError("connect: \(error)"))
        ready.fail(LoadError("connect: \(error)"))
        finish()
    }

    // MARK: End

    private func finishIfDone() {
        guard began != nil, running == 0, overdueTaken == overdue.count else { return }
        if left == 0 || NIODeadline.now() >= deadline { finish() }
    }

    private func finish() {
        guard !finished, let began else { return }
        finished = true
        let now = NIODeadline.now()
        for worker in workers where worker.script != nil { recorder.unfinished(after: now - worker.intended) }
        for intended in overdue[overdueTaken...] { recorder.unfinished(after: now - intended) }
        // Before the connections are closed, which what still runs on them takes for an error.
        let result = recorder.result(seconds: Double((now - began).nanoseconds) / 1e9)
        if !plan.keepsOpen { for worker in workers { worker.lane?.close() } }
        done.succeed(result)
    }
}

/// When the operations of an open loop are due.
private struct Arrivals {
    /// Nanoseconds between two.
    let interval: Double
    private var count = 0.0

    init(interval: Double) {
        self.interval = interval
    }

    mutating func next(before limit: NIODeadline, from start: NIODeadline) -> NIODeadline? {
        let due = start + .nanoseconds(Int64(count * interval))
        guard due < limit else { return nil }
        count += 1
        return due
    }
}
