public import NIOPosix
public import ServiceLifecycle
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Writes whole lines to a file descriptor, such as standard error, without ever keeping its callers waiting.
///
/// Lines are queued in memory and written by a thread of a pool, many in one call where many wait. When the reader at
/// the other end is too slow and the queue is full, lines are dropped; how many is told in a line of its own as soon
/// as there is room, and counted in ``dropped``.
///
/// It may be used before it runs as a service, and after: the service only sees to it that what was queued is written
/// when the program stops. A pool that isn't running makes each line be written at once, by who brings it.
///
/// What the writer can't do is to outlive a reader that goes away while SIGPIPE has its default effect. SwiftNIO ignores
/// that signal once it has opened a socket; a program that logs before then should ignore it itself.
public final class LogWriter: Service {
    /// The queue is two buffers, one that fills and one that is written: no line costs an allocation of its own.
    private struct State {
        var waiting: [UInt8] = []
        var spare: [UInt8] = []
        var isScheduled = false
        var untold = 0
    }

    private let descriptor: CInt
    private let pool: NIOThreadPool
    private let capacity: Int
    private let noticeOfLoss: @Sendable (Int) -> [UInt8]
    private let state = Mutex(State())
    /// Held while lines are written, so that the order of lines holds. Never together with `state`.
    private let writing = Mutex(())
    private let droppedLines = Atomic<Int>(0)

    /// Makes a writer.
    ///
    /// - Parameters:
    ///   - descriptor: where to write; it stays open. 1 is standard output, 2 standard error.
    ///   - pool: where writing may block. Give it a thread for each writer that uses it.
    ///   - capacity: how many bytes may wait.
    ///   - noticeOfLoss: makes the line that tells how many lines were dropped, its end included; by default none.
    public init(
        descriptor: CInt,
        pool: NIOThreadPool,
        capacity: Int = 1024 * 1024,
        noticeOfLoss: @escaping @Sendable (Int) -> [UInt8] = { _ in [] }
    ) {
        self.descriptor = descriptor
        self.pool = pool
        self.capacity = capacity
        self.noticeOfLoss = noticeOfLoss
    }

    /// How long a line waits for others; no reader notices it.
    private static let gatheringMicroseconds: UInt32 = 2_000

    /// How many lines were dropped since the writer was made.
    public var dropped: Int { droppedLines.load(ordering: .relaxed) }

    /// Queues a line, which ends in a line feed. It never blocks and may be called from anywhere.
    public func write(_ line: some Collection<UInt8>) { write(line, count: 1) }

    /// Queues several lines at once: all of them, or none.
    func write(_ lines: some Collection<UInt8>, count: Int) {
        let mustSchedule = state.withLock { state in
            guard state.waiting.count + lines.count <= capacity else {
                state.untold += count
                droppedLines.add(count, ordering: .relaxed)
                return false
            }
            state.waiting.append(contentsOf: lines)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { pool.submit { self.drain(gathering: $0 == .active) } }
    }

    /// Writes what waits, and returns when it is written. It blocks.
    public func flush() { drain(gathering: false) }

    /// Waits for the service to be told to stop, then writes what waits.
    public func run() async throws {
        try? await gracefulShutdown()
        try? await pool.runIfActive { self.drain(gathering: false) }
    }

    /// Writes until nothing waits.
    ///
    /// - Parameter gathering: whether to wait a moment for further lines first. A server under load brings one every few
    ///   microseconds; to wake a thread and make a call for each cost 3 of 10 system calls of a small pull.
    private func drain(gathering: Bool) {
        repeat {
            if gathering { usleep(Self.gatheringMicroseconds) }
        } while writing.withLock { _ in writeWaiting() }
    }

    /// Writes what waits now; whether anything did.
    private func writeWaiting() -> Bool {
        let lines: [UInt8]? = state.withLock { state in
            guard !state.waiting.isEmpty || state.untold > 0 else {
                state.isScheduled = false
                return nil
            }
            if state.untold > 0 { state.waiting.append(contentsOf: noticeOfLoss(state.untold)) }
            state.untold = 0
            var lines = state.spare
            swap(&lines, &state.waiting)
            state.spare = []
            return lines
        }
        guard var lines else { return false }
        writeAll(lines)
        lines.removeAll(keepingCapacity: lines.capacity <= 64 * 1024)
        state.withLock { $0.spare = lines }
        return true
    }

    private func writeAll(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    // Somebody made the terminal non-blocking; there is a thread to wait with.
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = systemPoll(&poll)
                } else if errno != EINTR {
                    // The reader is gone. There is nobody to tell.
                    return
                }
            }
        }
    }
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

private func systemPoll(_ descriptor: inout pollfd) -> CInt { poll(&descriptor, 1, 1000) }
