import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the kernel says of a file or a folder: the read-only calls that need no seam.
struct FileStatus {
    private var info: stat

    /// Looks at what lies at a path; links are followed.
    init(path: UnsafePointer<CChar>) throws(SystemFailure) {
        var info = stat()
        _ = try retrying("stat") { stat(path, &info) }
        self.info = info
    }

    /// Looks at what lies at a path that is held as text.
    init(at path: String) throws(SystemFailure) {
        self = try path.withCString { path in
            Result { () throws(SystemFailure) in try FileStatus(path: path) }
        }.get()
    }

    /// Looks at what lies at a path below an open folder; links are followed.
    init(path: UnsafePointer<CChar>, below folder: CInt) throws(SystemFailure) {
        var info = stat()
        _ = try retrying("fstatat") { fstatat(folder, path, &info, 0) }
        self.info = info
    }

    /// Looks at an open file.
    init(descriptor: CInt) throws(SystemFailure) {
        var info = stat()
        _ = try retrying("fstat") { fstat(descriptor, &info) }
        self.info = info
    }

    var isFolder: Bool { info.st_mode & S_IFMT == S_IFDIR }
    var isFile: Bool { info.st_mode & S_IFMT == S_IFREG }
    var size: Int64 { Int64(info.st_size) }
    /// How many names the file has; 0 when it was removed while open.
    var names: UInt64 { UInt64(info.st_nlink) }
    var modified: Int64 { Self.nanoseconds(info.st_mtim) }

    var metadata: StorageMetadata {
        isFolder
            ? StorageMetadata(kind: .folder, size: 0, modified: modified)
            : StorageMetadata(kind: .object, size: size, modified: modified)
    }

    /// Which file it is, whatever path leads to it.
    var identity: FileIdentity { FileIdentity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino)) }

    /// What changes whenever a name in the folder does.
    var stamp: FolderStamp {
        FolderStamp(
            identity: identity,
            links: UInt64(info.st_nlink),
            size: size,
            modified: modified,
            changed: Self.nanoseconds(info.st_ctim)
        )
    }

    /// Whether two looks were at the same file.
    func isSameFile(as other: FileStatus) -> Bool {
        identity == other.identity
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Which file or folder of this machine it is, as long as that exists.
package struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}

/// A folder's identity and times, by which a cached listing is known to be still true.
struct FolderStamp: Hashable {
    var identity: FileIdentity
    var links: UInt64
    var size: Int64
    /// Nanoseconds since 1970, as ``changed``.
    var modified: Int64
    var changed: Int64
}
