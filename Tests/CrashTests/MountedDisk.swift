import Foundation
import Glibc
import ShellSupport

/// A small disk of a test's own: a file system in memory, mounted at a folder.
struct MountedDisk {
    /// Where it is mounted.
    let folder: URL

    private var path: String { folder.path(percentEncoded: false) }

    /// Whether this process may mount: root with the capability for it, which not every container has.
    static let isPossible: Bool = {
        guard geteuid() == 0, let scratch = try? ScratchFolder(name: "mount") else { return false }
        defer { scratch.remove() }
        guard mount("tmpfs", scratch.string(""), "tmpfs", 0, "size=64k") == 0 else { return false }
        umount2(scratch.string(""), Int32(MNT_DETACH))
        return true
    }()

    /// Mounts an empty disk.
    init(at folder: URL, kilobytes: Int) throws {
        self.folder = folder
        try Self.check(mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k"))
    }

    /// Gives the disk another size, and makes it writable or not.
    func remount(kilobytes: Int, isReadOnly: Bool = false) throws {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        try Self.check(mount("tmpfs", path, "tmpfs", flags, "size=\(kilobytes)k"))
    }

    /// Takes all the room that is left.
    func fill() throws {
        let descriptor = open("\(path)/fill", O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        try Self.check(descriptor < 0 ? -1 : 0)
        defer { close(descriptor) }
        for size in [65_536, 4096, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while write(descriptor, bytes, size) > 0 {}
        }
    }

    /// Takes the disk away, whoever uses it.
    func unmount() { umount2(path, Int32(MNT_DETACH)) }

    /// Shows a folder at another place too, which is taken away by ``unmount(_:)``.
    static func bind(_ source: URL, at folder: URL) throws {
        let (from, to) = (source.path(percentEncoded: false), folder.path(percentEncoded: false))
        try check(mount(from, to, nil, UInt(MS_BIND), nil))
    }

    /// Takes away what is mounted at a folder.
    static func unmount(_ folder: URL) { umount2(folder.path(percentEncoded: false), Int32(MNT_DETACH)) }

    private static func check(_ result: Int32) throws {
        guard result == 0 else { throw CommandFailure("can't mount: \(String(cString: strerror(errno)))") }
    }
}
