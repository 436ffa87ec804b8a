import NIOCore
import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a collection writes down in a simulated store: its terms, its summary, and its ledgers.
///
/// The ledgers of millions of pieces of garbage are long, and a real store has them on its disk: so has this one where it
/// is told a folder.
final class SimulatedNotes: Sendable {
    private enum Note {
        case memory(ByteBuffer)
        case file(String, Int)

        var byteCount: Int {
            switch self {
            case .memory(let content): content.readableBytes
            case .file(_, let count): count
            }
        }
    }

    private let folder: String?
    private let notes = Mutex<[String: Note]>([:])

    init(folder: String?) { self.folder = folder }

    var byteCount: Int { notes.withLock { $0.values.reduce(0) { $0 + $1.byteCount } } }

    func has(_ path: StoragePath) -> Bool { notes.withLock { $0[path.description] != nil } }

    func content(at path: StoragePath) throws(StorageError) -> ByteBuffer {
        switch notes.withLock({ $0[path.description] }) {
        case .memory(let content): return content
        case .file(let file, _):
            guard let content = Self.read(file) else { throw StorageError(.failed, at: path, "can't read \(file)") }
            return content
        case nil: throw StorageError(.notFound, at: path)
        }
    }

    func put(_ content: ByteBuffer, at path: StoragePath) throws(StorageError) {
        let key = path.description
        guard let folder else { return notes.withLock { $0[key] = .memory(content) } }
        let file = "\(folder)/\(key.split(separator: "/").joined(separator: "-"))"
        guard Self.write(content, to: file) else { throw StorageError(.failed, at: path, "can't write \(file)") }
        notes.withLock { $0[key] = .file(file, content.readableBytes) }
    }

    func delete(at path: StoragePath) throws(StorageError) {
        guard let note = notes.withLock({ $0.removeValue(forKey: path.description) }) else {
            throw StorageError(.notFound, at: path)
        }
        if case .file(let file, _) = note { unlink(file) }
    }

    func list(_ path: StoragePath, after: String?, limit: Int) throws(StorageError) -> StorageListing {
        let top = path.description + "/"
        let below = notes.withLock { $0.keys.filter { $0.hasPrefix(top) }.map { $0.dropFirst(top.count) } }
        guard !below.isEmpty else { throw StorageError(.notFound, at: path) }
        let kinds = Dictionary(below.map { (String($0.prefix { $0 != "/" }), $0.contains("/")) }) { $0 || $1 }
        let names = kinds.keys.sorted().filter { name in after.map { name > $0 } ?? true }
        return StorageListing(
            entries: names.prefix(limit).map { .init(name: $0, kind: kinds[$0] == true ? .folder : .object) },
            hasMore: names.count > limit
        )
    }

    /// Removes all that is noted below a path, or there.
    func deleteTree(at path: StoragePath) throws(StorageError) {
        let top = path.description + "/"
        let below = notes.withLock { $0.keys.filter { $0.hasPrefix(top) || $0 == path.description } }
        guard !below.isEmpty else { throw StorageError(.notFound, at: path) }
        for key in below.compactMap({ StoragePath($0) }) { try delete(at: key) }
    }

    /// Opens what is noted.
    func open(at path: StoragePath) throws(StorageError) -> any StorageObject {
        guard let note = notes.withLock({ $0[path.description] }) else { throw StorageError(.notFound, at: path) }
        return NotedObject(path: path, note: note)
    }

    /// Begins a note that grows.
    func writer(at path: StoragePath) throws(StorageError) -> any StorageWriter {
        try put(ByteBuffer(), at: path)
        return NoteWriter(notes: self, path: path)
    }

    fileprivate func append(_ content: ByteBuffer, to path: StoragePath) throws(StorageError) {
        let key = path.description
        switch notes.withLock({ $0[key] }) {
        case .memory(var noted):
            noted.writeImmutableBuffer(content)
            notes.withLock { $0[key] = .memory(noted) }
        case .file(let file, let count):
            guard Self.write(content, to: file, mode: "a") else {
                throw StorageError(.failed, at: path, "can't write \(file)")
            }
            notes.withLock { $0[key] = .file(file, count + content.readableBytes) }
        case nil: throw StorageError(.notFound, at: path)
        }
    }

    fileprivate func byteCount(of path: StoragePath) -> Int { notes.withLock { $0[path.description]?.byteCount ?? 0 } }

    /// Gives a note another name; its file keeps the one that it has.
    fileprivate func rename(_ path: StoragePath, to target: StoragePath) {
        notes.withLock { $0[target.description] = $0.removeValue(forKey: path.description) }
    }

    /// An open note.
    private struct NotedObject: StorageObject {
        let path: StoragePath
        let note: Note

        var size: Int64 { Int64(note.byteCount) }
        var modified: Int64 { 0 }

        func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer {
            let length = min(count, Int(size - offset))
            switch note {
            case .memory(let content): return content.getSlice(at: Int(offset), length: length) ?? ByteBuffer()
            case .file(let file, _):
                guard let content = SimulatedNotes.read(file, at: Int(offset), count: length) else {
                    throw StorageError(.failed, at: path, "can't read \(file)")
                }
                return content
            }
        }
    }

    /// The writer of a note.
    private struct NoteWriter: StorageWriter {
        let notes: SimulatedNotes
        let path: StoragePath

        var size: Int64 { Int64(notes.byteCount(of: path)) }
        func append(_ content: ByteBuffer) async throws(StorageError) { try notes.append(content, to: path) }
        func flush() async throws(StorageError) {}
        func commit(to target: StoragePath) async throws(StorageError) { notes.rename(path, to: target) }
        func close() async throws(StorageError) {}
        func cancel() async throws(StorageError) { try notes.delete(at: path) }
    }

    private static func read(_ file: String, at offset: Int, count: Int) -> ByteBuffer? {
        guard let stream = fopen(file, "r") else { return nil }
        defer { fclose(stream) }
        guard fseek(stream, offset, SEEK_SET) == 0 else { return nil }
        var content = ByteBuffer()
        let read = content.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
            fread($0.baseAddress, 1, count, stream)
        }
        return read == count ? content : nil
    }

    private static func read(_ file: String) -> ByteBuffer? {
        guard let stream = fopen(file, "r") else { return nil }
        defer { fclose(stream) }
        guard fseek(stream, 0, SEEK_END) == 0 else { return nil }
        let size = ftell(stream)
        rewind(stream)
        var content = ByteBuffer()
        let read = content.writeWithUnsafeMutableBytes(minimumWritableBytes: size) {
            fread($0.baseAddress, 1, size, stream)
        }
        return read == size ? content : nil
    }

    private static func write(_ content: ByteBuffer, to file: String, mode: String = "w") -> Bool {
        guard let stream = fopen(file, mode) else { return false }
        let written = content.withUnsafeReadableBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
        return fclose(stream) == 0 && written == content.readableBytes
    }
}
