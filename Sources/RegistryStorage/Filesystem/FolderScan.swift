import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads the names in a folder.
enum FolderScan {
    /// Which names are wanted.
    enum Choice {
        /// Those that are components of a path, without files that are being written.
        case visible
        /// All.
        case all
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 19

    /// Reads a folder that is open.
    ///
    /// - Parameter descriptor: the folder; it is closed.
    static func read(_ descriptor: CInt, _ choice: Choice) throws(SystemFailure) -> NameTable {
        guard let stream = fdopendir(descriptor) else {
            let number = errno
            close(descriptor)
            throw SystemFailure(number, "fdopendir")
        }
        defer { closedir(stream) }
        var builder = NameTableBuilder()
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let number = errno
                guard number == 0 else { throw SystemFailure(number, "readdir") }
                return builder.sorted()
            }
            let start = UnsafeRawPointer(entry) + nameOffset
            let characters = start.assumingMemoryBound(to: CChar.self)
            let name = UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: strlen(characters))
            if isDots(name) { continue }
            if case .visible = choice, !StoragePath.isComponent(name) { continue }
            guard let isFolder = isFolder(entry, characters, descriptor, choice) else { continue }
            if case .visible = choice, !isFolder, TemporaryName.matches(name) { continue }
            guard builder.add(name, isFolder: isFolder) else { throw SystemFailure(EOVERFLOW, "readdir") }
        }
    }

    /// Whether an entry is a folder; `nil` when it is gone. What the folder says spares a look at the entry, except
    /// where it doesn't say or where a link leads elsewhere; a removal never follows a link.
    private static func isFolder(
        _ entry: UnsafeMutablePointer<dirent>,
        _ name: UnsafePointer<CChar>,
        _ folder: CInt,
        _ choice: Choice
    ) -> Bool? {
        let kind = CInt(entry.pointee.d_type)
        if kind == CInt(DT_DIR) { return true }
        if kind != CInt(DT_UNKNOWN), kind != CInt(DT_LNK) { return false }
        if case .all = choice { return false }
        return (try? FileStatus(path: name, below: folder))?.isFolder
    }

    private static func isDots(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.first == UInt8(ascii: "."), name.count <= 2 else { return false }
        return name.count == 1 || name[1] == UInt8(ascii: ".")
    }
}
