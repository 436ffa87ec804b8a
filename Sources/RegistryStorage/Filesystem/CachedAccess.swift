import CLinux
import NIOCore
import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads what the kernel holds in memory, on the caller's own thread, which may be an event loop.
///
/// The kernel answers from its memory or says that it would have to wait (`RESOLVE_CACHED`, `RWF_NOWAIT`); then, and
/// after any failure, the call gives nothing and the caller goes the long way, over a thread that may wait. Nothing is
/// remembered here, so nothing is ever stale. A small pull that finds all it needs costs no change of threads: a manifest
/// by tag made 9.6 `futex` calls before, and 2.9 after, which were the log's.
struct CachedAccess: Sendable {
    /// Whether the kernel has such calls and lets the process make them: Linux 5.12 has, and some sandboxes don't let.
    private static let isAvailable = Atomic(true)

    let place: FilesystemRoot

    /// The whole content of an object of up to `limit` bytes.
    func content(at path: StoragePath, limit: Int) -> ByteBuffer? {
        guard let descriptor = open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        // What may only be small, such as a link, is read without being looked at first: where there is more, or no file,
        // the long way says what is wrong.
        if limit <= Self.smallContent { return Self.read(descriptor, upTo: limit) }
        guard let status = try? FileStatus(descriptor: descriptor), status.isFile,
            status.size <= Int64(min(limit, Self.largestContent))
        else { return nil }
        return Self.read(descriptor, at: 0, count: Int(status.size))
    }

    /// All of a file that has up to `limit` bytes, when all of it is in memory.
    private static func read(_ descriptor: CInt, upTo limit: Int) -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: limit + 1)
        var taken = -1
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit + 1) { free in
            taken = registryd_read_cached(descriptor, free.baseAddress, limit + 1, 0)
            return max(0, taken)
        }
        return (0...limit).contains(taken) ? buffer : nil
    }

    /// What lies at a path.
    func status(of path: StoragePath) -> FileStatus? {
        guard let descriptor = open(path, CInt(REGISTRYD_O_PATH)) else { return nil }
        defer { close(descriptor) }
        return try? FileStatus(descriptor: descriptor)
    }

    /// Whether the kernel knows that nothing lies at a path, and that the store's own folder is still this one.
    func isAbsent(_ path: StoragePath, in store: FileIdentity) -> Bool {
        let (descriptor, error) = ask(for: path, CInt(REGISTRYD_O_PATH))
        if descriptor >= 0 { close(descriptor) }
        return error == ENOENT && status(of: .root)?.identity == store
    }

    /// Opens an object for reading.
    func openObject(_ path: StoragePath) -> (CInt, FileStatus)? {
        guard let descriptor = open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        if let status = try? FileStatus(descriptor: descriptor), status.isFile { return (descriptor, status) }
        close(descriptor)
        return nil
    }

    /// A region of an open file, when all of it is in memory.
    static func read(_ descriptor: CInt, at offset: Int64, count: Int) -> ByteBuffer? {
        guard count > 0 else { return ByteBuffer() }
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        let taken = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { free in
            max(0, registryd_read_cached(descriptor, free.baseAddress, count, offset))
        }
        return taken == count ? buffer : nil
    }

    /// Up to where a place for all of it costs less than to ask how much there is. Less than a page, so that the kernel
    /// has all of it or nothing.
    private static let smallContent = 1024

    /// How much is copied at most on the caller's thread.
    static let largestContent = 64 << 10

    private func open(_ path: StoragePath, _ flags: CInt) -> CInt? {
        let descriptor = ask(for: path, flags).descriptor
        return descriptor >= 0 ? descriptor : nil
    }

    /// A descriptor, or a negative number and why there is none.
    private func ask(for path: StoragePath, _ flags: CInt) -> (descriptor: CInt, error: CInt) {
        guard Self.isAvailable.load(ordering: .relaxed) else { return (-1, ENOSYS) }
        let (descriptor, error) = place.withPath(path) {
            let descriptor = registryd_open_cached($0, flags | O_CLOEXEC)
            return (descriptor, descriptor < 0 ? errno : 0)
        }
        if [ENOSYS, EINVAL, EPERM].contains(error) { Self.isAvailable.store(false, ordering: .relaxed) }
        return (descriptor, error)
    }
}
