public import NIOCore
import NIOPosix
public import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FilesystemDriver {
    /// The whole content of a small object.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        if let link = rememberedLinks[path], link.content.readableBytes <= limit { return link.content }
        if let content = fromMemory({ $0.content(at: path, limit: limit) }) {
            noteRead(path, size: content.readableBytes)
            return content
        }
        return try await onStore(path, .reading) { [place] () throws(StorageError) in
            let (descriptor, status) = try Self.openObject(path, in: place)
            defer { close(descriptor) }
            guard status.size <= Int64(limit) else {
                throw StorageError(.tooLarge, at: path, "\(status.size) bytes; at most \(limit) were asked for")
            }
            return try readRegion(of: descriptor, at: 0, count: Int(status.size), path)
        }
    }

    /// What lies at a path.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        if let link = rememberedLinks[path] { return link.status.metadata }
        if path != .root, let status = fromMemory({ $0.status(of: path) }) {
            if status.isFile { noteRead(path, size: Int(status.size)) }
            return status.metadata
        }
        return try await onStore(path, .reading) { [place, presence] () throws(StorageError) in
            // The root is always there; so it has to be asked for here.
            if path == .root { try presence.check(for: path) }
            do throws(SystemFailure) {
                return try place.status(of: path).metadata
            } catch {
                // The root is always there, as a folder; it is made with the first object.
                if path == .root, error.number == ENOENT {
                    return StorageMetadata(kind: .folder, size: 0, modified: 0)
                }
                throw StorageError(error, at: path, .reading)
            }
        }
    }

    /// Opens an object for reading.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        if let (descriptor, status) = fromMemory({ $0.openObject(path) }) {
            return FilesystemObject(path: path, descriptor: descriptor, status: status, blocking: blocking)
        }
        return try await onStore(path, .reading) { [place, blocking] () throws(StorageError) in
            let (descriptor, status) = try Self.openObject(path, in: place)
            return FilesystemObject(path: path, descriptor: descriptor, status: status, blocking: blocking)
        }
    }

    /// Lets a thread that may wait remember what is read again and again.
    private func noteRead(_ path: StoragePath, size: Int) {
        guard rememberedLinks.wasRead(path, size: size) else { return }
        blocking.threads.submit { [rememberedLinks] in
            if case .active = $0 { rememberedLinks.remember(path) }
        }
    }

    /// What the kernel has in memory, once the store was seen. A thread that may wait for the disk need not look there
    /// first, and what it reads is not what is wanted again and again.
    func fromMemory<Value>(_ look: (CachedAccess) -> Value?) -> Value? {
        presence.isKnown && BackgroundThread.current == nil ? look(CachedAccess(place: place)) : nil
    }

    private static func openObject(
        _ path: StoragePath,
        in place: FilesystemRoot
    ) throws(StorageError) -> (CInt, FileStatus) {
        let descriptor: CInt
        do throws(SystemFailure) {
            descriptor = try place.openForReading(path)
        } catch {
            throw StorageError(error, at: path, .reading)
        }
        do throws(SystemFailure) {
            let status = try FileStatus(descriptor: descriptor)
            if status.isFile { return (descriptor, status) }
        } catch {
            close(descriptor)
            throw StorageError(error, at: path, .reading)
        }
        close(descriptor)
        throw StorageError(.wrongKind, at: path, "it is not a file")
    }
}

extension FilesystemRoot {
    /// Looks at what lies at a path.
    func status(of path: StoragePath) throws(SystemFailure) -> FileStatus {
        try withPath(path) { (absolute) -> Result<FileStatus, SystemFailure> in
            Result { () throws(SystemFailure) in try FileStatus(path: absolute) }
        }.get()
    }

    /// Opens what lies at a path; a pipe that someone left there must not stop the thread.
    func openForReading(_ path: StoragePath, flags: CInt = 0) throws(SystemFailure) -> CInt {
        try withPath(path) { (absolute) -> Result<CInt, SystemFailure> in
            Result { () throws(SystemFailure) in
                try retrying("open") { open(absolute, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags) }
            }
        }.get()
    }
}

/// Reads up to `count` bytes from an offset, fewer where the file ends.
func readRegion(
    of descriptor: CInt,
    at offset: Int64,
    count: Int,
    _ path: StoragePath
) throws(StorageError) -> ByteBuffer {
    do throws(SystemFailure) {
        return try readRegion(of: descriptor, at: offset, count: count)
    } catch {
        throw StorageError(error, at: path, .reading)
    }
}

/// The same of a file that is no object.
func readRegion(of descriptor: CInt, at offset: Int64, count: Int) throws(SystemFailure) -> ByteBuffer {
    guard count > 0 else { return ByteBuffer() }
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    var position = 0
    while position < count {
        var taken = 0
        var number: CInt = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count - position) { free in
            taken = pread(descriptor, free.baseAddress, count - position, off_t(offset + Int64(position)))
            if taken < 0 { number = errno }
            return max(taken, 0)
        }
        if taken > 0 {
            position += taken
        } else if taken == 0 {
            break
        } else if number != EINTR {
            throw SystemFailure(number, "pread")
        }
    }
    return buffer
}
