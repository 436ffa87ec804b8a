import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What this process has used of the processors.
struct ProcessUsage {
    var user: Double
    var system: Double
    /// Seconds in which its event loops could have run and no processor was free; 0 where the system doesn't say.
    var waited: Double

    static func now() -> ProcessUsage {
        var usage = rusage()
        getrusage(ownUsage, &usage)
        return ProcessUsage(user: seconds(usage.ru_utime), system: seconds(usage.ru_stime), waited: waitedSeconds())
    }

    func since(_ earlier: ProcessUsage) -> ProcessUsage {
        ProcessUsage(user: user - earlier.user, system: system - earlier.system, waited: waited - earlier.waited)
    }

    /// From /proc, whose second field is nanoseconds on a run queue.
    private static func waitedSeconds() -> Double {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.reduce(0) { sum, thread in
            let name = try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)
            guard name?.hasPrefix("NIO-ELT") == true else { return sum }
            let text = try? String(contentsOfFile: "/proc/self/task/\(thread)/schedstat", encoding: .utf8)
            let fields = text?.split(separator: " ") ?? []
            return sum + (fields.count > 1 ? (Double(fields[1]) ?? 0) / 1e9 : 0)
        }
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}

/// Lets the process have as many connections as the system allows it.
func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(fileLimit, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(fileLimit, &limit)
}

#if canImport(Glibc)
private let fileLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
private let ownUsage = RUSAGE_SELF.rawValue
#else
private let ownUsage = RUSAGE_SELF
private let fileLimit = RLIMIT_NOFILE
#endif
