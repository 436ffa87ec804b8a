import NIOCore
import NIOPosix
import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that is open for reading. The kernel keeps its bytes while it is open, whatever becomes of its name.
struct FilesystemObject: StorageObject {
    let size: Int64
    let modified: Int64
    let file: OpenFile?

    private let descriptor: OpenFile
    private let path: StoragePath
    private let blocking: BlockingCalls

    /// Takes a descriptor over.
    init(path: StoragePath, descriptor: CInt, status: FileStatus, blocking: BlockingCalls) {
        size = status.size
        modified = status.modified
        self.path = path
        self.blocking = blocking
        self.descriptor = OpenFile(descriptor: descriptor) { Self.release($0, blocking) }
        file = self.descriptor
    }

    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
        let wanted = Int(min(Int64(count), size - offset))
        guard offset >= 0, wanted > 0 else { return ByteBuffer() }
        if let bytes = CachedAccess.read(descriptor.descriptor, at: offset, count: wanted) { return bytes }
        return try await blocking.run(path) { [descriptor, path] () throws(StorageError) in
            try readRegion(of: descriptor.descriptor, at: offset, count: wanted, path)
        }
    }

    /// Closes a descriptor, perhaps on an event loop. With a file's last name gone the kernel frees its blocks here,
    /// which takes long for a large one: that is the pool's work.
    private static func release(_ descriptor: CInt, _ blocking: BlockingCalls) {
        if let status = try? FileStatus(descriptor: descriptor), status.names == 0 {
            blocking.threads.submit { _ in close(descriptor) }
        } else {
            close(descriptor)
        }
    }
}
