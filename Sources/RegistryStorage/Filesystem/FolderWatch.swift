#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Hears from the kernel what changes in folders and files (inotify(7)).
///
/// A change is told before the call that made it returns, whichever process made it: who looks after that finds it. A look
/// costs one system call and never waits. The last reference must go where it is no matter to wait: the kernel takes
/// milliseconds to end it.
final class FolderWatch: Sendable {
    /// What has changed since the last look.
    enum Changes: Equatable {
        case none
        /// A file, or which files are in a folder, by the numbers that ``addFile(_:)`` and the others gave.
        case some(Set<CInt>)
        /// Where a folder lies, or what can't be told apart.
        case anything
    }

    private let events: CInt
    /// The list of this process's mounts: one that is put over a folder changes nothing in it.
    private let mounts: CInt

    /// Begins to listen; `nil` where the system has no such thing, or not for us.
    init?() {
        let events = inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK))
        guard events >= 0 else { return nil }
        let mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard mounts >= 0 else {
            close(events)
            return nil
        }
        self.events = events
        self.mounts = mounts
    }

    deinit {
        close(events)
        close(mounts)
    }

    private static let itself = IN_ONLYDIR | IN_MOVE_SELF | IN_DELETE_SELF

    /// Listens to whether a folder is moved or removed.
    ///
    /// - Returns: the number by which changes name it, the same for each call.
    func addFolder(_ path: String) throws(SystemFailure) -> CInt { try add(path, Self.itself) }

    /// Listens to whether a folder is moved or removed, and to which files are in it.
    func addInnermostFolder(_ path: String) throws(SystemFailure) -> CInt {
        try add(path, Self.itself | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)
    }

    /// Listens to what is written to a file, by whichever of its names. That it is moved or removed is heard in its folder.
    func addFile(_ path: String) throws(SystemFailure) -> CInt { try add(path, IN_MODIFY | IN_ATTRIB) }

    private func add(_ path: String, _ wanted: CInt) throws(SystemFailure) -> CInt {
        let mask = UInt32(bitPattern: wanted | IN_DONT_FOLLOW | IN_MASK_ADD)
        return try retrying("inotify_add_watch") { inotify_add_watch(events, path, mask) }
    }

    /// What has changed since the last look.
    func look() -> Changes {
        var waiting = (
            pollfd(fd: events, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mounts, events: Int16(POLLPRI), revents: 0)
        )
        let count = withUnsafeMutableBytes(of: &waiting) { waiting in
            waiting.withMemoryRebound(to: pollfd.self) { poll($0.baseAddress, nfds_t($0.count), 0) }
        }
        if count == 0 { return .none }
        // Whoever is interrupted has not learned that nothing has changed.
        guard count > 0, waiting.1.revents == 0 else { return .anything }
        return readEvents()
    }

    private func readEvents() -> Changes {
        var numbers: Set<CInt> = []
        let isUnderstood = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(events, buffer.baseAddress, buffer.count)
                if count < 0, errno == EAGAIN { return true }
                guard count > 0, Self.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &numbers) else {
                    return false
                }
            }
        }
        return isUnderstood ? .some(numbers) : .anything
    }

    /// Takes the numbers of some events; whether no folder has moved, and none was lost.
    private static func take(_ events: UnsafeRawBufferPointer, _ numbers: inout Set<CInt>) -> Bool {
        let moves = UInt32(bitPattern: IN_MOVE_SELF | IN_DELETE_SELF | IN_UNMOUNT | IN_Q_OVERFLOW)
        var start = 0
        while start + MemoryLayout<inotify_event>.size <= events.count {
            let event = events.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
            guard event.mask & moves == 0 else { return false }
            numbers.insert(event.wd)
            start += MemoryLayout<inotify_event>.size + Int(event.len)
        }
        return true
    }
}
