import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The write-ahead log's file: two segments, one behind the other, of which one is written to while the other is emptied.
///
/// All of its bytes were written before it is used, so that a record changes neither its length nor where it lies, and one
/// flush makes it last. Whoever has it open holds a lock on it.
final class LogFile: Sendable {
    static let name = ".registryd~log"

    /// Where a store's log lies.
    static func path(in place: FilesystemRoot) -> String { "\(place.text)/\(name)" }

    private let path: String
    private let calls: any SystemCalls
    private let descriptor: CInt
    private let isClosed = Synchronization.Atomic(false)
    private let identity: FileIdentity
    private let flushes: SharedFlushes
    /// Bytes of one segment, its head's page included.
    let segmentLength: Int

    /// Opens the store's log and locks it; `nil` when another one has it.
    ///
    /// - Parameter making: whether it is made when it isn't there; else the call fails with `ENOENT`.
    static func open(
        in place: FilesystemRoot,
        segmentLength: Int,
        making: Bool,
        flushing: NIOThreadPool,
        _ calls: any SystemCalls
    ) throws(SystemFailure) -> LogFile? {
        let path = path(in: place)
        let descriptor = try descriptor(at: path, making: making, calls)
        let file: LogFile
        do throws(SystemFailure) {
            let identity = try FileStatus(descriptor: descriptor).identity
            file = LogFile(path, segmentLength, descriptor, identity, SharedFlushes(threads: flushing), calls)
        } catch {
            calls.closeFile(descriptor)
            throw error
        }
        do throws(SystemFailure) {
            _ = try retrying("flock") { flock(descriptor, LOCK_EX | LOCK_NB) }
            // Between the two calls its last holder may have removed it.
            try file.checkItIsThere()
            return file
        } catch {
            guard error.number == EWOULDBLOCK || error.number == ESTALE else { throw error }
            return nil
        }
    }

    private static func descriptor(
        at path: String,
        making: Bool,
        _ calls: any SystemCalls
    ) throws(SystemFailure) -> CInt {
        do throws(SystemFailure) {
            return try calls.openFile(path)
        } catch {
            guard error.number == ENOENT, making else { throw error }
            return try calls.createFile(path)
        }
    }

    private init(
        _ path: String,
        _ segmentLength: Int,
        _ descriptor: CInt,
        _ identity: FileIdentity,
        _ flushes: SharedFlushes,
        _ calls: any SystemCalls
    ) {
        self.path = path
        self.segmentLength = segmentLength
        self.descriptor = descriptor
        self.identity = identity
        self.flushes = flushes
        self.calls = calls
    }

    deinit { closeOnce() }

    /// Closes it once. Nothing may be under way: whoever has its objects named, or taken back, has ended before it is removed.
    private func closeOnce() {
        if !isClosed.exchange(true, ordering: .relaxed) { calls.closeFile(descriptor) }
    }

    /// Whether records go through the kernel to a disk of this machine, whose flushes this machine's kernel makes.
    var isLocal: Bool { (try? FilesystemKind(of: descriptor))?.takesDirectWrites == true }

    /// Whether a new file beside it lasts with its name when its bytes were made durable.
    var keepsNames: Bool { calls.keepsNames(descriptor) }

    /// Whether it leaves most of what is free on its disk to others, or has its whole length.
    var hasRoom: Bool {
        var info = statvfs()
        guard fstatvfs(descriptor, &info) == 0, let status = try? FileStatus(descriptor: descriptor) else {
            return false
        }
        let length = Int64(2 * segmentLength)
        return status.size == length || UInt64(info.f_bavail) * UInt64(info.f_frsize) >= UInt64(8 * length)
    }

    /// Makes sure that its path still leads to it: somebody may have removed it, or moved the store.
    func checkItIsThere() throws(SystemFailure) {
        guard try FileStatus(at: path).identity == identity else { throw SystemFailure(ESTALE, "stat") }
    }

    /// Gives it the length that it will have, of zeros, durably.
    func fill() throws(SystemFailure) {
        let length = 2 * segmentLength
        if try FileStatus(descriptor: descriptor).size == Int64(length) { return }
        try calls.truncateFile(descriptor, to: 0)
        let zeros = ByteBuffer(repeating: 0, count: min(length, 1 << 20))
        var offset = 0
        while offset < length {
            let part = zeros.getSlice(at: 0, length: min(zeros.readableBytes, length - offset)) ?? zeros
            offset = Int(try calls.write([part], to: descriptor, at: Int64(offset)))
        }
        try calls.synchronizeFile(descriptor)
    }

    /// Writes bytes into a segment. They last when ``synchronize()`` has returned.
    func write(_ parts: [ByteBuffer], in segment: Int, at offset: Int) throws(SystemFailure) {
        _ = try calls.write(parts, to: descriptor, at: Int64(segment * segmentLength + offset))
    }

    /// Makes all that was written before last.
    func synchronize() throws(SystemFailure) { try calls.synchronizeBytes(descriptor) }

    /// Makes all that was written before last, by a flush that others may have too, and only if its path leads to it.
    func flush() throws(SystemFailure) { try wait(for: requestFlush()) }

    /// Asks for a flush of all that was written before, which others may have too; it is to be waited for.
    func requestFlush() -> SharedFlushes.Round {
        flushes.request { [self] () throws(SystemFailure) in
            try checkItIsThere()
            try synchronize()
        }
    }

    /// Waits until a flush has ended.
    func wait(for flush: SharedFlushes.Round) throws(SystemFailure) { try flushes.wait(for: flush) }

    /// Runs a body after a flush (``SharedFlushes/after(_:_:)``).
    func after(_ flush: SharedFlushes.Round, _ body: @escaping @Sendable () -> Void) { flushes.after(flush, body) }

    /// Makes flushes that nobody has begun (``SharedFlushes/makeWhatIsLeft()``).
    func makeFlushesLeft() { flushes.makeWhatIsLeft() }

    /// Makes all that was written to its file system last, by any process.
    ///
    /// - Returns: `false` where the system would not say if it couldn't.
    func synchronizeWholeSystem() throws(SystemFailure) -> Bool { try calls.synchronizeFilesystem(descriptor) }

    /// The bytes of a segment; fewer where the file ends.
    func read(segment: Int) throws(SystemFailure) -> ByteBuffer {
        try readRegion(of: descriptor, at: Int64(segment * segmentLength), count: segmentLength)
    }

    /// Removes it, if its path still leads to it, and closes it: a thread that has flushed it may hold it a moment longer, and an
    /// open file keeps its disk from being unmounted.
    func remove() throws(SystemFailure) {
        if (try? checkItIsThere()) != nil { try calls.unlinkFile(path) }
        closeOnce()
    }
}

extension LogFile {
    /// The generations of the segments that hold something, in the log that another process has open; `nil` when none has.
    static func otherGenerations(at path: String, _ segmentLength: Int) -> Set<UInt64>? {
        let descriptor = openToRead(path)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return Set((0..<2).compactMap { usedGeneration(descriptor, from: $0 * segmentLength, segmentLength) })
    }

    private static func openToRead(_ path: String) -> CInt {
        #if canImport(Glibc)
        Glibc.open(path, O_RDONLY | O_CLOEXEC)
        #elseif canImport(Musl)
        Musl.open(path, O_RDONLY | O_CLOEXEC)
        #endif
    }

    private static func usedGeneration(_ descriptor: CInt, from start: Int, _ segmentLength: Int) -> UInt64? {
        guard let bytes = try? readRegion(of: descriptor, at: Int64(start), count: LogRecord.page),
            let head = LogSegmentHead(bytes)
        else { return nil }
        // Not only the first: its record may be a moment later than the second's.
        for part in stride(from: LogRecord.page, to: segmentLength, by: 1 << 20) {
            let count = min(1 << 20, segmentLength - part)
            guard let bytes = try? readRegion(of: descriptor, at: Int64(start + part), count: count) else { return nil }
            for page in stride(from: 0, to: bytes.readableBytes, by: LogRecord.page)
            where LogRecord.isHead(at: page, of: bytes, generation: head.generation) { return head.generation }
        }
        return nil
    }
}
