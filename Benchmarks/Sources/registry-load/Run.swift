import NIOCore
import NIOPosix

/// Runs the load on as many event loops as the plan says, waits for its end and gives the report, while the connections
/// of a plan that keeps them are still open.
func runLoad(_ plan: Plan, then use: (Report) throws -> Void) throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: plan.threads)
    defer { try? group.syncShutdownGracefully() }
    let connector = try Connector(plan)
    let loops = Array(group.makeIterator())
    let results = loops.map { $0.makePromise(of: LoopResult.self) }
    let drivers = try loops.enumerated().map { thread, loop in
        let ready = loop.makePromise(of: Void.self)
        let driver = try loop.submit {
            let driver = LoopDriver(
                plan: plan,
                connector: connector,
                thread: thread,
                loop: loop,
                ready: ready,
                done: results[thread]
            )
            driver.connect()
            return NIOLoopBound(driver, eventLoop: loop)
        }.wait()
        return (driver, ready.futureResult)
    }
    do {
        for (_, ready) in drivers { try ready.wait() }
    } catch {
        for result in results { result.fail(error) }
        throw error
    }
    let before = ProcessUsage.now()
    for (loop, (driver, _)) in zip(loops, drivers) { loop.execute { driver.value.begin() } }
    var total = LoopResult()
    for result in results { total.add(try result.futureResult.wait()) }
    try use(Report(plan: plan, result: total, usage: ProcessUsage.now().since(before)))
}
