import NIOCore
import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Writes a small file whole: to a temporary name, synchronised, and then put in its place.
struct AtomicFile: Sendable {
    let changes: FolderChanges
    /// The absolute path of its place.
    let target: String

    private var calls: any SystemCalls { changes.calls }
    private var folder: String { parentFolder(target) ?? "/" }

    /// Puts the file in its place, over the one that is there.
    func replace(with content: ByteBuffer) throws(SystemFailure) {
        try changes.insisting(on: folder) { () throws(SystemFailure) in
            let temporary = try write(content)
            do throws(SystemFailure) {
                try calls.renameFile(temporary, to: target)
            } catch {
                try? calls.unlinkFile(temporary)
                throw error
            }
        }
        try changes.makeDurable(folder)
    }

    /// Puts the file in its place unless there is one.
    ///
    /// - Returns: whether it did.
    func create(with content: ByteBuffer) throws(SystemFailure) -> Bool {
        let created = try changes.insisting(on: folder) { () throws(SystemFailure) -> Bool in
            let temporary = try write(content)
            defer { try? calls.unlinkFile(temporary) }
            do throws(SystemFailure) {
                try calls.linkFile(temporary, to: target)
                return true
            } catch  where error.number == EEXIST {
                return false
            }
        }
        // Also for the one that lost: what it was told is there must still be there after a crash.
        try changes.makeDurable(folder)
        return created
    }

    /// Writes a temporary file and makes its bytes durable.
    private func write(_ content: ByteBuffer) throws(SystemFailure) -> String {
        let temporary = TemporaryName.make(for: target)
        let descriptor = try calls.createFile(temporary)
        do throws(SystemFailure) {
            defer { calls.closeFile(descriptor) }
            _ = try calls.write(content, to: descriptor, at: 0)
            try calls.synchronizeFile(descriptor)
            return temporary
        } catch {
            try? calls.unlinkFile(temporary)
            throw error
        }
    }
}

extension SystemCalls {
    /// Writes all of a buffer at an offset.
    ///
    /// - Returns: the offset after it.
    func write(_ content: ByteBuffer, to descriptor: CInt, at offset: Int64) throws(SystemFailure) -> Int64 {
        var position = 0
        var failure: SystemFailure?
        content.withUnsafeReadableBytes { bytes in
            do throws(SystemFailure) {
                while position < bytes.count {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
                    position += try writeBytes(rest, to: descriptor, at: offset + Int64(position))
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return offset + Int64(position)
    }
}
