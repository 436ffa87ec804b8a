/// What a disk holds after a row of steps, and what of it is sure to survive a crash of the machine.
///
/// The rules are those of POSIX, at their strictest: bytes last once their file was synchronised, and names once
/// their folder was, separately. One rule is that of file systems with a journal (ext4, XFS, btrfs): a rename is one
/// change, so that making either folder durable makes both of its sides durable. Of ext4 and XFS there is another one, where
/// it is asked for: with the bytes of a new file its name lasts, and those of new folders above it.
struct DiskModel {
    /// One step that the driver took.
    enum Step {
        case create(String)
        case write(file: Int, offset: Int, bytes: [UInt8])
        case truncate(file: Int, length: Int)
        case synchronizeFile(Int)
        case synchronizeFolder(String)
        case rename(String, String)
        case link(String, String)
        case unlink(String)
        case makeFolder(String)
        case removeFolder(String)
        /// The caller was told that something is done.
        case acknowledge(String)

        /// Whether it makes something durable.
        var isSynchronization: Bool {
            switch self {
            case .synchronizeFile, .synchronizeFolder: true
            default: false
            }
        }
    }

    /// What a name leads to.
    enum Entry: Equatable {
        case file(Int)
        case folder(Int)
    }

    /// Names or bytes as they are, and as they are sure to be after a crash.
    struct Layered<Content: Sendable> {
        var now: Content
        var durable: Content
    }

    private struct Rename {
        var from: (folder: Int, name: String)
        var target: (folder: Int, name: String)
        var entry: Entry
    }

    private(set) var files: [Layered<[UInt8]>] = []
    private(set) var folders: [Layered<[String: Entry]>] = [Layered(now: [:], durable: [:])]
    private var renames: [Rename] = []
    /// Whether the names of new files last with their bytes.
    private let keepsNames: Bool

    init(keepsNames: Bool) { self.keepsNames = keepsNames }

    /// What lies at a path below the root, such as `/a/b`.
    func entry(at path: String) -> Entry? {
        var current = Entry.folder(0)
        for name in path.split(separator: "/") {
            guard case .folder(let number) = current, let next = folders[number].now[String(name)] else { return nil }
            current = next
        }
        return current
    }

    /// Takes a step that succeeded on the real disk.
    mutating func take(_ step: Step) {
        switch step {
        case .create(let path):
            files.append(Layered(now: [], durable: []))
            set(path, .file(files.count - 1))
        case .write(let file, let offset, let bytes):
            let missing = offset + bytes.count - files[file].now.count
            if missing > 0 { files[file].now += Array(repeating: 0, count: missing) }
            files[file].now.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        case .truncate(let file, let length): files[file].now = Array(files[file].now.prefix(length))
        case .synchronizeFile(let file):
            files[file].durable = files[file].now
            if keepsNames { keepNames(of: .file(file)) }
        case .synchronizeFolder(let path): synchronizeFolder(path)
        case .rename(let path, let target): rename(path, target)
        case .link(let path, let target): set(target, entry(at: path))
        case .unlink(let path), .removeFolder(let path): set(path, nil)
        case .makeFolder(let path):
            folders.append(Layered(now: [:], durable: [:]))
            set(path, .folder(folders.count - 1))
        case .acknowledge: break
        }
    }

    private func place(_ path: String) -> (folder: Int, name: String)? {
        guard let slash = path.lastIndex(of: "/"), case .folder(let folder) = entry(at: String(path[..<slash])) else {
            return nil
        }
        return (folder, String(path[path.index(after: slash)...]))
    }

    private mutating func set(_ path: String, _ entry: Entry?) {
        guard let place = place(path) else { return }
        folders[place.folder].now[place.name] = entry
    }

    private mutating func rename(_ path: String, _ target: String) {
        guard let from = place(path), let to = place(target), let entry = entry(at: path) else { return }
        folders[from.folder].now[from.name] = nil
        folders[to.folder].now[to.name] = entry
        renames.append(Rename(from: from, target: to, entry: entry))
    }

    /// Makes the name of a file or a folder durable that has none which is, and those of the folders above it.
    private mutating func keepNames(of entry: Entry) {
        guard entry != .folder(0), !folders.contains(where: { $0.durable.values.contains(entry) }) else { return }
        for folder in folders.indices {
            guard let name = folders[folder].now.first(where: { $0.value == entry })?.key else { continue }
            folders[folder].durable[name] = entry
            keepNames(of: .folder(folder))
        }
    }

    private mutating func synchronizeFolder(_ path: String) {
        guard case .folder(let folder) = entry(at: path) else { return }
        for rename in renames where rename.from.folder == folder || rename.target.folder == folder {
            if folders[rename.from.folder].durable[rename.from.name] == rename.entry {
                folders[rename.from.folder].durable[rename.from.name] = nil
            }
            folders[rename.target.folder].durable[rename.target.name] = rename.entry
        }
        renames.removeAll { $0.from.folder == folder || $0.target.folder == folder }
        folders[folder].durable = folders[folder].now
    }
}
