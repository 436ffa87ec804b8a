import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The bytes of one file that go past the kernel's memory. A disk takes whole pages: what is left of one waits here for
/// more bytes, or for the end.
struct DirectRun {
    static let page = 4096
    /// What is copied together for one call. An upload comes in pieces of no more than that.
    static let writtenAtOnce = (1 << 20) + (256 << 10)
    /// How many calls tell how fast the disk is. A slow one is slow in nearly all of them; a call whose thread had to wait for
    /// a processor says nothing.
    private static let judged = 24
    /// Bytes of a call that says something of the disk's speed; a shorter one is mostly waiting.
    private static let smallestJudged = 1 << 20
    /// Bytes a second: four gigabits, so that hardly anybody who pulls what is on the disk only waits for the disk, which reads
    /// faster than it writes.
    private static let fastEnough = 500e6

    private let descriptor: CInt
    private let permit: DirectWrites.Permit
    /// How long the file is on the disk.
    private(set) var length: Int64
    /// Up to where that is whole pages.
    private var offset: Int64
    /// The bytes behind that: less than a page.
    private var rest: ByteBuffer
    /// The calls since the disk was judged.
    private var (calls, slowCalls) = (0, 0)
    private var isRefused = false

    /// Goes on behind the first `size` bytes of a file; `nil` where its system can't.
    init?(_ descriptor: CInt, size: Int64, _ permit: DirectWrites.Permit, _ system: any SystemCalls) {
        self.descriptor = descriptor
        self.permit = permit
        let count = Int(size % Int64(Self.page))
        let start = size - Int64(count)
        (length, offset) = (size, start)
        rest = ByteBuffer()
        let taken = rest.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.page) { free in
            max(0, pread(descriptor, free.baseAddress, count, off_t(start)))
        }
        guard taken == count, system.bypassCache(true, descriptor) else { return nil }
    }

    /// Whether the file had better be written by way of the kernel's memory: the system refused to do without, or so much
    /// was written that the disk's speed is known, and it was too slow.
    mutating func shouldEnd() -> Bool {
        if isRefused { return true }
        guard calls >= Self.judged else { return false }
        let isSlow = slowCalls > calls * 3 / 4
        (calls, slowCalls) = (0, 0)
        if isSlow { permit.reportSlowness() }
        return isSlow
    }

    /// Appends all bytes of some buffers.
    ///
    /// - Returns: where the file ends. When it throws, it stands where it stood, and the file on the disk may be longer.
    mutating func append(_ content: [ByteBuffer], _ system: any SystemCalls) throws(SystemFailure) -> Int64 {
        let pages = permit.pages
        var (position, filled) = (offset, 0)
        for var part in [rest] + content {
            while part.readableBytes > 0 {
                let count = min(part.readableBytes, pages.count - filled)
                part.withUnsafeReadableBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: pages[filled...])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
                }
                part.moveReaderIndex(forwardBy: count)
                filled += count
                guard filled == pages.count else { continue }
                position = try write(UnsafeRawBufferPointer(pages), at: position, system)
                filled = 0
            }
        }
        let whole = filled - filled % Self.page
        position = try write(UnsafeRawBufferPointer(rebasing: pages[..<whole]), at: position, system)
        rest = ByteBuffer(bytes: pages[whole..<filled])
        if position > offset { (length, offset) = (position, position) }
        return offset + Int64(rest.readableBytes)
    }

    /// Writes whole pages.
    private mutating func write(
        _ pages: UnsafeRawBufferPointer,
        at offset: Int64,
        _ system: any SystemCalls
    ) throws(SystemFailure) -> Int64 {
        let begun = ContinuousClock.now
        defer { judge(pages.count, .now - begun) }
        do throws(SystemFailure) {
            try system.writeAll(pages, to: descriptor, at: offset)
        } catch {
            // A call that took less than a page, or a file system that wants larger ones.
            guard error.number == EINVAL, !isRefused, system.bypassCache(false, descriptor) else { throw error }
            isRefused = true
            try system.writeAll(pages, to: descriptor, at: offset)
        }
        return offset + Int64(pages.count)
    }

    private mutating func judge(_ count: Int, _ time: Duration) {
        guard count >= Self.smallestJudged else { return }
        calls += 1
        // Files that are written at the same time share the disk.
        let rate = Double(count) / (time / .seconds(1)) * Double(permit.fileCount)
        if rate < Self.fastEnough { slowCalls += 1 }
    }

    /// Writes what is left of a page by way of the kernel's memory, as all that comes after it.
    func end(_ system: any SystemCalls) throws(SystemFailure) {
        _ = system.bypassCache(false, descriptor)
        _ = try system.write([rest], to: descriptor, at: offset)
    }
}
