import CLinux
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension NIOThreadPool {
    /// Starts pools whose threads, when they are woken, wait until one that runs has had its turn (`SCHED_BATCH`).
    ///
    /// A thread that has waited for the disk is owed time, and takes the processor from the event loop at once. Of a mixed
    /// load's pulls, one in a hundred took 10 ms on two processors, and 20 to 60 when these threads did that.
    static func startBehindLoops(_ pools: [NIOThreadPool]) {
        var policy: CInt = 0
        var parameters = sched_param()
        let isKnown = pthread_getschedparam(pthread_self(), &policy, &parameters) == 0
        // A thread has the policy of the one that makes it. Where the system refuses, all of them go on as they did.
        let isChanged = isKnown && pthread_setschedparam(pthread_self(), REGISTRYD_SCHED_BATCH, &parameters) == 0
        for pool in pools { pool.start() }
        if isChanged { pthread_setschedparam(pthread_self(), policy, &parameters) }
    }
}
