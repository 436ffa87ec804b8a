#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory from which a disk takes bytes, at the address of a page.
///
/// As large pages, where there is enough of it for one: a disk takes one in one piece, and 256 small ones in as many. Of eight
/// clients that push 1 MiB each, a twentieth more pushes a second.
struct DiskPages: Sendable {
    private static let largePage = 2 << 20

    private final class Memory: Sendable {
        /// Unsafe: each byte belongs to one ``DiskPages`` only, which one ``DirectRun`` works with at a time.
        nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

        init(_ count: Int) {
            let isLarge = count.isMultiple(of: DiskPages.largePage)
            bytes = .allocate(byteCount: count, alignment: isLarge ? DiskPages.largePage : DirectRun.page)
            // A hint, which fails where the system has no such pages.
            if isLarge { _ = madvise(bytes.baseAddress, count, MADV_HUGEPAGE) }
        }

        deinit { bytes.deallocate() }
    }

    private let memory: Memory
    private let range: Range<Int>

    /// Allocates so many bytes, a multiple of a page's.
    init(_ count: Int) {
        memory = Memory(count)
        range = 0..<count
    }

    private init(_ memory: Memory, _ range: Range<Int>) {
        self.memory = memory
        self.range = range
    }

    /// The same memory in two parts, instead of this one.
    consuming func divided() -> [DiskPages] {
        let middle = range.lowerBound + range.count / 2
        return [DiskPages(memory, range.lowerBound..<middle), DiskPages(memory, middle..<range.upperBound)]
    }

    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory.bytes[range]) }
}
