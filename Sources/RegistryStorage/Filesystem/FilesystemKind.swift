import CLinux

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What kind of file system a file lies on, as far as it says what this machine's kernel knows of the file's changes.
struct FilesystemKind {
    private let number: UInt32
    private static let overlay: UInt32 = 0x794C_7630

    /// The kind of the file system of an open file or folder.
    init(of descriptor: CInt) throws(SystemFailure) {
        var info = statfs()
        _ = try retrying("fstatfs") { fstatfs(descriptor, &info) }
        number = UInt32(truncatingIfNeeded: info.f_type)
    }

    /// Whether this machine's kernel stamps the changes. A server's clock may lag behind, and its stamps reach us late.
    var stampsByOurClock: Bool { tellsEachChange || number == Self.overlay }

    /// Whether every change passes through this kernel, which tells it to who watches. An overlay's layers may be changed
    /// under it, and what another machine changes on a server is not told.
    var tellsEachChange: Bool {
        switch number {
        // ext2-4, XFS, btrfs, tmpfs, F2FS, ZFS, bcachefs: linux/magic.h
        case 0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010, 0x2FC1_2FC1, 0xCA45_1A4E: true
        default: false
        }
    }

    /// Whether bytes that bypass the kernel's memory go straight to a disk of this machine. Elsewhere each call may wait for
    /// a server, or the system copies after all.
    var takesDirectWrites: Bool {
        switch number {
        // ext2-4, XFS
        case 0xEF53, 0x5846_5342: true
        default: false
        }
    }
}
