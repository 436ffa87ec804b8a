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
    /// Where its bytes may go past the kernel's memory.
    var directWrites: DirectWrites?

    var calls: any SystemCalls { changes.calls }
    private var folder: String { parentFolder(target) ?? "/" }

    /// Puts the file in its place, over the one that is there.
    func replace(with content: [ByteBuffer]) throws(SystemFailure) {
        try changes.insisting(on: folder) { () throws(SystemFailure) in
            try move(try write(content))
        }
        try changes.makeDurable(folder)
    }

    /// Puts a file beside it in its place, whose bytes last. Where it isn't there any more, the move was made before.
    func replace(withFileNamed name: String) throws(SystemFailure) {
        do throws(SystemFailure) {
            try calls.renameFile("\(folder)/\(name)", to: target)
        } catch {
            guard error.number == ENOENT else { throw error }
        }
        try changes.makeDurable(folder)
    }

    /// Puts the file in its place, and leaves it to the system when it becomes durable.
    ///
    /// - Parameter tree: the folder that may be lost with all that is in it.
    func replacePassing(with content: [ByteBuffer], within tree: String) throws(SystemFailure) {
        try changes.insisting(on: folder, passing: tree) { () throws(SystemFailure) in
            let written = try begin(content)
            calls.closeFile(written.descriptor)
            try move(written.name)
        }
    }

    /// Writes a temporary file that is to be moved to its place later.
    func prepare(_ content: [ByteBuffer]) throws(SystemFailure) -> Written {
        var isFolderOwn = false
        let writing = { () throws(SystemFailure) -> Written in try begin(content) }
        var written = try changes.insisting(on: folder, made: { isFolderOwn = $0 }, writing)
        written.isFolderOwn = isFolderOwn
        return written
    }

    /// The folders on the way to the file whose names are not durable yet.
    ///
    /// - Parameter written: its temporary file, if the folder that was made for that has its name made durable with it.
    func unsettledFolders(but written: Written?) -> [UnsettledFolders.Folder] {
        let notes = changes.unsettled.notes(upFrom: folder)
        return written?.isFolderOwn == true ? notes.filter { $0.path != folder } : notes
    }

    /// Moves a temporary file whose bytes are durable to its place, durably.
    func publish(_ written: Written, _ content: [ByteBuffer]) throws(SystemFailure) {
        try name(written, content)
        try changes.makeDurable(folder)
    }

    /// Moves a temporary file to its place.
    func name(_ written: Written, _ content: [ByteBuffer]) throws(SystemFailure) {
        do throws(SystemFailure) {
            try calls.renameFile(written.name, to: target)
        } catch {
            // Someone has removed the folder with the temporary file in it. The log may have that this file is moved.
            guard error.number == ENOENT else { throw error }
            try replace(with: content)
        }
    }

    /// Makes the bytes of a temporary file durable that was closed before.
    func synchronize(_ written: Written) throws(SystemFailure) {
        let descriptor: CInt
        do throws(SystemFailure) {
            descriptor = try calls.openFile(written.name)
        } catch {
            // It is written again then.
            guard error.number == ENOENT else { throw error }
            return
        }
        defer { calls.closeFile(descriptor) }
        try calls.synchronizeFile(descriptor)
    }

    /// Moves a temporary file to its place.
    private func move(_ temporary: String) throws(SystemFailure) {
        do throws(SystemFailure) {
            try calls.renameFile(temporary, to: target)
        } catch {
            try? calls.unlinkFile(temporary)
            throw error
        }
    }

    /// Puts the file in its place unless there is one.
    ///
    /// - Returns: whether it did.
    func create(with content: [ByteBuffer]) throws(SystemFailure) -> Bool {
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
    private func write(_ content: [ByteBuffer]) throws(SystemFailure) -> String {
        let written = try begin(content)
        try end(written)
        return written.name
    }

    /// A temporary file that is open, and not durable yet.
    struct Written {
        let name: String
        let descriptor: CInt
        /// Whether this file's writer has made the folder in which it is.
        var isFolderOwn = false
    }

    /// Writes a temporary file.
    private func begin(_ content: [ByteBuffer]) throws(SystemFailure) -> Written {
        let temporary = TemporaryName.make(for: target)
        let descriptor = try calls.createFile(temporary)
        do throws(SystemFailure) {
            try write(content, to: descriptor)
            return Written(name: temporary, descriptor: descriptor)
        } catch {
            calls.closeFile(descriptor)
            try? calls.unlinkFile(temporary)
            throw error
        }
    }

    private func write(_ content: [ByteBuffer], to descriptor: CInt) throws(SystemFailure) {
        guard Int64(content.byteCount) >= DirectWrites.Kind.whole.smallest,
            var run = directWrites?.begin(.whole, descriptor, size: 0, calls)
        else {
            _ = try calls.write(content, to: descriptor, at: 0)
            return
        }
        try run.append(content, calls)
        try run.end(calls)
    }

    /// Makes a temporary file's bytes durable.
    private func end(_ written: Written) throws(SystemFailure) {
        do throws(SystemFailure) {
            defer { calls.closeFile(written.descriptor) }
            try calls.synchronizeFile(written.descriptor)
        } catch {
            try? calls.unlinkFile(written.name)
            throw error
        }
    }
}

extension SystemCalls {
    /// Writes all bytes of some buffers at an offset.
    ///
    /// - Returns: the offset after them.
    func write(_ parts: [ByteBuffer], to descriptor: CInt, at offset: Int64) throws(SystemFailure) -> Int64 {
        var end = offset
        for part in parts { end = try write(part, to: descriptor, at: end) }
        return end
    }

    /// Writes all bytes at an offset.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt, at offset: Int64) throws(SystemFailure) {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            position += try writeBytes(rest, to: descriptor, at: offset + Int64(position))
        }
    }

    private func write(_ content: ByteBuffer, to descriptor: CInt, at offset: Int64) throws(SystemFailure) -> Int64 {
        let failure = content.withUnsafeReadableBytes { bytes in
            SystemFailure.of { () throws(SystemFailure) in try writeAll(bytes, to: descriptor, at: offset) }
        }
        if let failure { throw failure }
        return offset + Int64(content.readableBytes)
    }
}
