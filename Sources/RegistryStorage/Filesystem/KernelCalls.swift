import CLinux

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The seam's real side: each call is the kernel's own.
package struct KernelCalls: SystemCalls {
    /// Makes the calls; they hold no state.
    package init() {}

    package func createFile(_ path: String) throws(SystemFailure) -> CInt {
        try retrying("open") { open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    }

    package func openFile(_ path: String) throws(SystemFailure) -> CInt {
        try retrying("open") { open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK) }
    }

    package func writeBytes(
        _ bytes: UnsafeRawBufferPointer,
        to descriptor: CInt,
        at offset: Int64
    ) throws(SystemFailure) -> Int {
        let written = try retrying("pwrite") { pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) }
        // A device that takes nothing and reports nothing would have the caller go round for ever.
        guard written > 0 || bytes.isEmpty else { throw SystemFailure(EIO, "pwrite") }
        return written
    }

    package func bypassCache(_ bypasses: Bool, _ descriptor: CInt) -> Bool {
        registryd_bypass_cache(descriptor, bypasses ? 1 : 0) >= 0
    }

    package func keepsNames(_ descriptor: CInt) -> Bool {
        // So it is with a journal, and ext4 sees to it without one. What statfs(2) calls ext4 may be ext2, which doesn't.
        guard let device = try? FileStatus(descriptor: descriptor).identity.device else { return false }
        return ["ext3", "ext4", "xfs"].contains(MountTable.current.kind(of: device))
    }

    package func truncateFile(_ descriptor: CInt, to length: Int64) throws(SystemFailure) {
        _ = try retrying("ftruncate") { ftruncate(descriptor, off_t(length)) }
    }

    package func beginWriting(_ descriptor: CInt, from start: Int64, count: Int64) {
        // SYNC_FILE_RANGE_WRITE: it starts the writing and waits for none of it.
        _ = sync_file_range(descriptor, off_t(start), off_t(count), 2)
    }

    package func synchronizeEarly(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fdatasync(descriptor)
        closeFile(descriptor)
    }

    package func synchronizeFile(_ descriptor: CInt) throws(SystemFailure) {
        _ = try retrying("fsync") { fsync(descriptor) }
    }

    package func synchronizeBytes(_ descriptor: CInt) throws(SystemFailure) {
        _ = try retrying("fdatasync") { fdatasync(descriptor) }
    }

    package func synchronizeFilesystem(_ descriptor: CInt) throws(SystemFailure) -> Bool {
        guard Self.reportsLostWrites else { return false }
        _ = try retrying("syncfs") { syncfs(descriptor) }
        return true
    }

    /// Whether `syncfs` says that something could not be written since the descriptor was opened: from Linux 5.8 on.
    private static let reportsLostWrites: Bool = {
        var system = utsname()
        guard uname(&system) == 0 else { return false }
        let release = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 8)
    }()

    package func synchronizeFolder(_ path: String) throws(SystemFailure) {
        let descriptor = try retrying("open") { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        do {
            _ = try retrying("fsync") { fsync(descriptor) }
        } catch  where error.number == EINVAL || error.number == ENOTSUP {
            // Some network and user-space file systems have no such call for a folder; they answer a rename only
            // when it is done.
        }
    }

    package func closeFile(_ descriptor: CInt) { close(descriptor) }

    package func renameFile(_ path: String, to target: String) throws(SystemFailure) {
        _ = try retrying("rename") { rename(path, target) }
    }

    package func linkFile(_ path: String, to target: String) throws(SystemFailure) {
        _ = try retrying("link") { link(path, target) }
    }

    package func unlinkFile(_ path: String) throws(SystemFailure) {
        _ = try retrying("unlink") { unlink(path) }
    }

    package func makeFolder(_ path: String) throws(SystemFailure) {
        _ = try retrying("mkdir") { mkdir(path, 0o777) }
    }

    package func makeFolder(_ path: String, within folder: FileIdentity) throws(SystemFailure) {
        let parent = parentFolder(path) ?? "/"
        let descriptor = try retrying("open") { open(parent, CInt(REGISTRYD_O_PATH) | O_DIRECTORY | O_CLOEXEC) }
        defer { closeFile(descriptor) }
        guard try FileStatus(descriptor: descriptor).identity == folder else { throw SystemFailure(ESTALE, "mkdir") }
        let name = lastName(path)
        _ = try retrying("mkdir") { mkdirat(descriptor, name, 0o777) }
    }

    package func removeFolder(_ path: String) throws(SystemFailure) {
        _ = try retrying("rmdir") { rmdir(path) }
    }
}

/// Makes a call until a signal no longer interrupts it; a negative result is a failure.
@inline(__always)
func retrying<Result: SignedInteger>(_ call: StaticString, _ body: () -> Result) throws(SystemFailure) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw SystemFailure(number, call) }
    }
}
