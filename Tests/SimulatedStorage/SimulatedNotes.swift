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

    private static func write(_ content: ByteBuffer, to file: String) -> Bool {
        guard let stream = fopen(file, "w") else { return false }
        let written = content.withUnsafeReadableBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
        return fclose(stream) == 0 && written == content.readableBytes
    }
}
