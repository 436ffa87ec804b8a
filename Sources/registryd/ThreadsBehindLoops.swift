import CLinux
import NIOPosix

extension NIOThreadPool {
    /// Starts pools whose threads, when they are woken, wait until one that runs has had its turn (`SCHED_BATCH`).
    ///
    /// A thread that has waited for the disk is owed time, and takes the processor from the event loop at once. Of a mixed
    /// load's pulls, one in a hundred took 10 ms on two processors, and 20 to 60 when these threads did that.
    static func startBehindLoops(_ pools: [NIOThreadPool]) {
        // A thread has the policy of the one that makes it. Where the system refuses, all of them go on as they did.
        let before = registryd_change_thread_policy(CInt(REGISTRYD_SCHED_BATCH))
        for pool in pools { pool.start() }
        if before >= 0 { _ = registryd_change_thread_policy(before) }
    }
}
