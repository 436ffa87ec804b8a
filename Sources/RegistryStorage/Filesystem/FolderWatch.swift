#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Hears from the kernel what changes in folders (inotify(7)).
///
/// A change is told before the call that made it returns, whichever process made it: who looks after that finds it. A look
/// costs one system call and never waits.
final class FolderWatch: Sendable {
    /// What has changed since the last look.
    enum Changes: Equatable {
        case none
        /// Something in these folders.
        case folders(Set<CInt>)
        /// The way to some folder, or what can't be told apart.
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

    /// Listens to a folder, and to whether it is moved or removed.
    ///
    /// - Parameter content: whether to hear of changes of the files in it too.
    /// - Returns: the number by which changes name it.
    func add(_ folder: String, content: Bool) throws(SystemFailure) -> CInt {
        var wanted = IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_MASK_ADD
        if content { wanted |= IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE }
        return try retrying("inotify_add_watch") { inotify_add_watch(events, folder, UInt32(bitPattern: wanted)) }
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
        var folders: Set<CInt> = []
        let isUnderstood = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(events, buffer.baseAddress, buffer.count)
                if count < 0, errno == EAGAIN { return true }
                guard count > 0, Self.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &folders) else {
                    return false
                }
            }
        }
        return isUnderstood ? .folders(folders) : .anything
    }

    /// Takes the folders of some events; whether they are of files in them only.
    private static func take(_ events: UnsafeRawBufferPointer, _ folders: inout Set<CInt>) -> Bool {
        var start = 0
        while start + MemoryLayout<inotify_event>.size <= events.count {
            let event = events.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
            // Among the others: the folder itself, its file system, and more events than the kernel keeps.
            let inFolder = IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE
            guard event.mask & UInt32(bitPattern: inFolder) != 0, event.len > 0 else { return false }
            folders.insert(event.wd)
            start += MemoryLayout<inotify_event>.size + Int(event.len)
        }
        return true
    }
}
