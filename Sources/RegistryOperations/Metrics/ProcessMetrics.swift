#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What the process takes from its machine (`process_…`), as far as `/proc` tells.
public struct ProcessMetrics: MetricSource {
    /// Makes a source; it reads when it is asked.
    public init() {}

    /// Writes the metrics; none where there is no `/proc`.
    public func write(into page: inout MetricsPage) {
        guard let status = ProcessStatus() else { return }
        page.begin(
            "process_cpu_seconds_total",
            .counter,
            help: "Total user and system CPU time spent in seconds."
        )
        page.sample(status.cpuSeconds)
        page.begin("process_resident_memory_bytes", .gauge, help: "Resident memory size in bytes.")
        page.sample(status.residentBytes)
        page.begin("process_virtual_memory_bytes", .gauge, help: "Virtual memory size in bytes.")
        page.sample(status.virtualBytes)
        page.begin("process_threads", .gauge, help: "Number of threads.")
        page.sample(status.threads)
        page.begin(
            "process_start_time_seconds",
            .gauge,
            help: "Start time of the process since unix epoch in seconds."
        )
        page.sample(status.startTime)
        if let count = ProcessStatus.openDescriptors {
            page.begin("process_open_fds", .gauge, help: "Number of open file descriptors.")
            page.sample(count)
        }
        var limit = rlimit()
        if getrlimit(descriptorLimit, &limit) == 0 {
            page.begin("process_max_fds", .gauge, help: "Maximum number of open file descriptors.")
            page.sample(Int(clamping: limit.rlim_cur))
        }
    }

    #if canImport(Glibc)
    private var descriptorLimit: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
    private var descriptorLimit: CInt { CInt(RLIMIT_NOFILE) }
    #endif
}

/// What `/proc/self/stat` says ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)).
struct ProcessStatus {
    let cpuSeconds: Double
    let residentBytes: Int
    let virtualBytes: Int
    let threads: Int
    let startTime: Double

    init?() {
        guard let text = Self.read("/proc/self/stat"), let boot = Self.bootTime else { return nil }
        // The name of the command stands in parentheses and may hold anything; the third field follows it.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ").dropFirst().compactMap { Int($0) ?? 0 }
        guard fields.count > 21 else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        cpuSeconds = Double(fields[11] + fields[12]) / ticks
        threads = fields[17]
        startTime = Double(boot) + Double(fields[19]) / ticks
        virtualBytes = fields[20]
        residentBytes = fields[21] * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// How many file descriptors are open, less the one that this takes.
    static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 3
    }

    private static var bootTime: Int? {
        read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) }
    }

    /// The text of a small file; nil where there is none.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 4 * 1024 * 1024 {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
