import CLinux
import NIOCore
import NIOPosix
import RegistryCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The links that are read again and again, for as long as the kernel tells that nothing has changed on the way to them.
///
/// A pull reads two links. Each took three or four system calls, which walked a path of a dozen folders: a sixth of what a
/// manifest costs. Here a look costs one call, of no path, that never waits. It is never behind: before each answer it asks
/// whether any process has changed the link, or moved, replaced or mounted over a folder above it (``FolderWatch``).
///
/// A link is remembered when it is read a second time, by a thread that may wait. Not remembered is what could change
/// unheard: on a file system that others write to, or over a symbolic link.
final class RememberedLinks: Sendable {
    /// A link as it was read.
    struct Link: Sendable {
        let content: ByteBuffer
        let status: FileStatus
    }

    private struct State {
        var watch: FolderWatch?
        /// Watches that are not looked at any more. They end where ending may wait.
        var retired: [FolderWatch] = []
        var links: [StoragePath: Link] = [:]
        /// The watched folders on the way to them.
        var folders: [String: CInt] = [:]
        /// The links that a change concerns, by the number of what is watched: a link's folder, and the link itself.
        var concerned: [CInt: Set<StoragePath>] = [:]
        /// How often anything has changed.
        var changes = 0
        /// The event loops that have looked in this turn of theirs.
        var looked: [ObjectIdentifier] = []
        /// Links that were read once, each where its hash says, until another one is.
        var readOnce = [Int](repeating: 0, count: 1024)
        /// How many could not be remembered since one could.
        var failures = 0
        /// When everything was forgotten because there was too much.
        var cleared = NIODeadline.uptimeNanoseconds(0)

        /// Forgets all links, and with the watch all its folders.
        mutating func forget() {
            if let watch { retired.append(watch) }
            watch = nil
            links = [:]
            folders = [:]
            concerned = [:]
        }
    }

    /// Longer ones are no links.
    private static let longest = 1_024
    /// After so many failures in a row nothing is tried any more: the store lies where no link can be remembered.
    private static let mostFailures = 32

    private let place: FilesystemRoot
    private let mostWatches: Int
    private let lifetime: TimeAmount
    private let state = Mutex(State())
    private let isUseful: Atomic<Bool>

    /// - Parameters:
    ///   - mostWatches: the most links and folders that are watched. A link has one folder of its own and shares those above;
    ///     the system lets a user watch some 8,000 on a small machine, in all of his programs.
    ///   - lifetime: when there are too many, none is added until all were forgotten so long ago.
    init(_ place: FilesystemRoot, mostWatches: Int = 2_000, lifetime: TimeAmount = .seconds(60)) {
        self.place = place
        self.mostWatches = mostWatches
        self.lifetime = lifetime
        // A relative path leads to another place when the process's folder moves.
        isUseful = Atomic(place.text.hasPrefix("/"))
    }

    /// How many are remembered; for tests.
    var count: Int { state.withLock { $0.links.count } }

    /// A link as it is now; `nil` when it is not remembered.
    ///
    /// An event loop looks once a turn: it reads from its sockets, and then runs all that is to be done, until nothing is
    /// left. So what is asked for in a turn was asked for before the turn's first look. Of 64 connections that each wait for
    /// a manifest ten are served in a turn, by one look and not by twenty.
    subscript(path: StoragePath) -> Link? {
        guard isUseful.load(ordering: .relaxed) else { return nil }
        let loop = MultiThreadedEventLoopGroup.currentEventLoop
        let turn = loop.map { ObjectIdentifier($0) }
        let (link, isCurrent): (Link?, Bool) = state.withLock { state in
            guard let link = state.links[path] else { return (nil, true) }
            return (link, turn.map(state.looked.contains) ?? false)
        }
        if isCurrent { return link }
        // Before the look: what another thread gives this loop to do later than that comes behind the turn's end.
        if let loop, let turn { loop.execute { [self] in endTurn(turn) } }
        return state.withLock { state in
            if let turn { state.looked.append(turn) }
            _ = Self.hear(&state)
            // Not the link from above: another thread may have heard of its change since.
            return state.links[path]
        }
    }

    private func endTurn(_ turn: ObjectIdentifier) {
        state.withLock { $0.looked.removeAll { $0 == turn } }
    }

    /// Notes that something was read which may be a link.
    ///
    /// - Returns: whether to ``remember(_:)`` it.
    func wasRead(_ path: StoragePath, size: Int) -> Bool {
        // By bytes: to compare the last component takes 3,000 instructions.
        guard isUseful.load(ordering: .relaxed), size <= Self.longest,
            path.description.utf8.suffix(5).elementsEqual("/link".utf8)
        else { return false }
        let hash = path.hashValue
        return state.withLock { state in
            let place = hash & (state.readOnce.count - 1)
            guard state.readOnce[place] == hash else {
                state.readOnce[place] = hash
                return false
            }
            state.readOnce[place] = 0
            if state.folders.count + state.concerned.count < mostWatches { return true }
            let now = NIODeadline.now()
            guard now - state.cleared > lifetime else { return false }
            state.forget()
            state.cleared = now
            return true
        }
    }

    /// Reads a link and remembers it, if nothing changes meanwhile. It blocks.
    func remember(_ path: StoragePath) {
        endRetired()
        guard let watch = currentWatch() else { return isUseful.store(false, ordering: .relaxed) }
        let (known, before) = state.withLock { state in
            _ = Self.hear(&state)
            return (state.folders, state.changes)
        }
        do throws(SystemFailure) {
            let folders = try listen(toFoldersOf: path, watch, except: known)
            let file = try watch.addFile(place.absolute(path))
            let link = try read(path)
            state.withLock { state in
                _ = Self.hear(&state)
                // What was heard of may have been the old link, or the new one.
                guard state.changes == before, state.watch === watch, let innermost = folders.last else { return }
                for (folder, number) in folders { state.folders[folder] = number }
                for number in [innermost.number, file] { state.concerned[number, default: []].insert(path) }
                state.links[path] = link
                state.failures = 0
            }
        } catch {
            state.withLock { state in
                state.failures += 1
                if state.failures >= Self.mostFailures { isUseful.store(false, ordering: .relaxed) }
            }
        }
    }

    /// Ends the watches that are not looked at any more, outside of the lock.
    private func endRetired() {
        var retired: [FolderWatch] = []
        state.withLock { swap(&retired, &$0.retired) }
        retired.removeAll()
    }

    private func currentWatch() -> FolderWatch? {
        if let watch = state.withLock({ $0.watch }) { return watch }
        guard let new = FolderWatch() else { return nil }
        return state.withLock { state in
            let watch = state.watch ?? new
            state.watch = watch
            return watch
        }
    }

    /// Listens to the folders on the way to a link, from the outermost on: of one that is replaced meanwhile, that above it
    /// is heard.
    private func listen(
        toFoldersOf path: StoragePath,
        _ watch: FolderWatch,
        except known: [String: CInt]
    ) throws(SystemFailure) -> [(folder: String, number: CInt)] {
        var folders: [String] = []
        var current = place.absolute(path)
        while let parent = parentFolder(current) {
            folders.append(parent)
            current = parent
        }
        var found: [(folder: String, number: CInt)] = []
        for (place, folder) in folders.enumerated().reversed() {
            let isInnermost = place == 0
            if !isInnermost, let number = known[folder] {
                found.append((folder, number))
            } else {
                found.append(
                    (folder, try isInnermost ? watch.addInnermostFolder(folder) : watch.addFolder(folder))
                )
            }
        }
        return found
    }

    private func read(_ path: StoragePath) throws(SystemFailure) -> Link {
        let descriptor = try place.withPath(path) { (absolute) -> Result<CInt, SystemFailure> in
            Result { () throws(SystemFailure) in
                try retrying("openat2") {
                    registryd_open_without_links(absolute, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                }
            }
        }.get()
        defer { close(descriptor) }
        let status = try FileStatus(descriptor: descriptor)
        guard status.isFile, status.size <= Int64(Self.longest),
            try FilesystemKind(of: descriptor).tellsEachChange
        else { throw SystemFailure(ENOTSUP, "inotify_add_watch") }
        guard let content = try? readRegion(of: descriptor, at: 0, count: Int(status.size), path),
            content.readableBytes == Int(status.size)
        else { throw SystemFailure(EIO, "pread") }
        return Link(content: content, status: status)
    }

    /// Forgets what has changed; whether anything has.
    private static func hear(_ state: inout State) -> Bool {
        guard let watch = state.watch else { return false }
        switch watch.look() {
        case .none: return false
        case .some(let numbers):
            for number in numbers {
                for path in state.concerned.removeValue(forKey: number) ?? [] { state.links[path] = nil }
            }
        case .anything: state.forget()
        }
        state.changes += 1
        return true
    }
}
