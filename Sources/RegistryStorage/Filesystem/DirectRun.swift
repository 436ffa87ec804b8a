import CLinux
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The bytes of one file that go past the kernel's memory. They wait until they are enough for a call, or the end has come,
/// since a disk takes whole pages, and takes many at once better than few.
struct DirectRun {
    static let page = 4096
    /// What is written by one call. Each costs two waits, for the disk and for a processor after it: of 4 MiB a push of
    /// 256 MiB took a sixth less time than of 1.25 MiB.
    static let bytesOfCall = 4 << 20
    /// The same for a file beside which another is written so: others use the disk meanwhile.
    static let bytesOfSharedCall = 768 << 10
    /// The same for a file whose bytes are there as a whole; most are no more than this.
    static let bytesOfWholeCall = 1 << 20

    private let descriptor: CInt
    private let permit: DirectWrites.Permit
    /// How long the file is on the disk.
    private(set) var length: Int64
    /// Up to where it has whole pages there.
    private var offset: Int64
    /// How many bytes behind that wait in the permit's pages.
    private var waiting: Int
    private var isRefused = false

    /// Goes on behind the first `size` bytes of a file; `nil` where its system can't.
    init?(_ descriptor: CInt, size: Int64, _ permit: DirectWrites.Permit, _ system: any SystemCalls) {
        self.descriptor = descriptor
        self.permit = permit
        waiting = Int(size % Int64(Self.page))
        (length, offset) = (size, size - Int64(waiting))
        guard waiting == 0 || pread(descriptor, permit.pages.baseAddress, waiting, off_t(offset)) == waiting,
            system.bypassCache(true, descriptor)
        else { return nil }
    }

    /// Where the file ends, with what waits.
    var size: Int64 { offset + Int64(waiting) }

    /// Whether the file had better be written by way of the kernel's memory: the system refused to do without, or the disk is
    /// too slow.
    var shouldEnd: Bool { isRefused || permit.isOver }

    /// Appends all bytes of some buffers, and writes what has become enough for a call.
    ///
    /// When it throws, ``size`` is what it was, or more where some calls had gone well before.
    mutating func append(_ content: [ByteBuffer], _ system: any SystemCalls) throws(SystemFailure) {
        let before = (offset, waiting)
        for var part in content {
            while part.readableBytes > 0 {
                let count = min(part.readableBytes, permit.pages.count - waiting)
                part.withUnsafeReadableBytes { bytes in
                    let place = UnsafeMutableRawBufferPointer(rebasing: permit.pages[waiting...])
                    registryd_copy_past_cache(place.baseAddress, bytes.baseAddress, count)
                }
                part.moveReaderIndex(forwardBy: count)
                waiting += count
                guard waiting == permit.pages.count else { continue }
                do throws(SystemFailure) {
                    try writePages(system)
                } catch {
                    // Those that waited before are still where they were.
                    if offset == before.0 { waiting = before.1 }
                    throw error
                }
            }
        }
    }

    /// Writes the whole pages that wait, and keeps what is behind them.
    private mutating func writePages(_ system: any SystemCalls) throws(SystemFailure) {
        let whole = waiting - waiting % Self.page
        guard whole > 0 else { return }
        let pages = UnsafeRawBufferPointer(rebasing: permit.pages[..<whole])
        let begun = ContinuousClock.now
        do throws(SystemFailure) {
            try system.writeAll(pages, to: descriptor, at: offset)
        } catch {
            // A call that took less than a page, or a file system that wants larger ones.
            guard error.number == EINVAL, !isRefused, system.bypassCache(false, descriptor) else { throw error }
            isRefused = true
            try system.writeAll(pages, to: descriptor, at: offset)
        }
        permit.count(whole, in: .now - begun)
        permit.pages.copyMemory(from: UnsafeRawBufferPointer(rebasing: permit.pages[whole..<waiting]))
        waiting -= whole
        offset += Int64(whole)
        length = offset
    }

    /// Writes what waits, the last part of a page by way of the kernel's memory, as all that comes after it.
    mutating func end(_ system: any SystemCalls) throws(SystemFailure) {
        try writePages(system)
        _ = system.bypassCache(false, descriptor)
        try system.writeAll(UnsafeRawBufferPointer(rebasing: permit.pages[..<waiting]), to: descriptor, at: offset)
    }
}
