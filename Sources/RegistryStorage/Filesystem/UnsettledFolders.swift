import NIOConcurrencyHelpers

/// The folders that this process has made and not yet made durable.
///
/// A write that finds its folder there relies on whoever made it; before it is acknowledged it looks here, and makes
/// durable what the maker has not yet. A folder that another process made a moment ago is left to that process: it
/// would take both to crash with the machine for its name to be lost.
final class UnsettledFolders: Sendable {
    /// What is known of a folder that is being made, or was.
    struct Note {
        fileprivate var number: UInt64
        /// Whether it is there, so that a synchronisation of the folder above which begins now makes its name durable.
        fileprivate var isMade = false
    }

    /// A folder whose name is not yet durable in the one above it.
    struct Folder {
        let path: String
        let parent: String
        fileprivate let number: UInt64
    }

    private struct State {
        /// By the folder above.
        var notes: [String: [String: Note]] = [:]
        var last: UInt64 = 0

        mutating func remove(_ folder: Folder) {
            guard notes[folder.parent]?[folder.path]?.number == folder.number else { return }
            notes[folder.parent]?[folder.path] = nil
            if notes[folder.parent]?.isEmpty == true { notes[folder.parent] = nil }
        }
    }

    /// A lock that sleeps: there are more threads than processors, and `Mutex` spins for one that is not running, which took
    /// an eighth of all of the processors' time while images were pushed.
    private let state = NIOLockedValueBox(State())

    /// Notes that a folder is about to be made.
    ///
    /// - Returns: what to give ``confirm(_:)`` when it was made, and ``revoke(_:before:)`` when it wasn't.
    func announce(_ path: String, in parent: String) -> (folder: Folder, before: Note?) {
        state.withLockedValue { state in
            state.last += 1
            let before = state.notes[parent, default: [:]].updateValue(Note(number: state.last), forKey: path)
            return (Folder(path: path, parent: parent, number: state.last), before)
        }
    }

    /// Notes that a folder was made.
    func confirm(_ folder: Folder) {
        state.withLockedValue { state in
            let note = state.notes[folder.parent]?[folder.path]
            // Someone may have settled the note on an older folder of that name meanwhile.
            guard note == nil || note?.number == folder.number else { return }
            state.notes[folder.parent, default: [:]][folder.path] = Note(number: folder.number, isMade: true)
        }
    }

    /// Takes a note back: the folder was there.
    func revoke(_ folder: Folder, before: Note?) {
        state.withLockedValue { state in
            guard state.notes[folder.parent]?[folder.path]?.number == folder.number else { return }
            if let before { state.notes[folder.parent]?[folder.path] = before } else { state.remove(folder) }
        }
    }

    /// The notes on a folder and those above it; empty in the usual case, at the price of one lock.
    func notes(upFrom folder: String) -> [Folder] {
        state.withLockedValue { state in
            if state.notes.isEmpty { return [] }
            var found: [Folder] = []
            // There are few notes at a time. To look each folder of a path up took ten hashes of a long text.
            if state.notes.count <= Self.fewNotes {
                for (parent, notes) in state.notes {
                    guard let child = childFolder(of: parent, on: folder), let note = notes[child] else { continue }
                    found.append(Folder(path: child, parent: parent, number: note.number))
                }
                return found.sorted { $0.parent.utf8.count > $1.parent.utf8.count }
            }
            var current = folder
            while let parent = parentFolder(current) {
                if let note = state.notes[parent]?[current] {
                    found.append(Folder(path: current, parent: parent, number: note.number))
                }
                current = parent
            }
            return found
        }
    }

    private static let fewNotes = 16

    /// The folders that are there below another one and not yet known to be durable.
    func made(in parent: String) -> [Folder] {
        state.withLockedValue { state in
            guard let notes = state.notes[parent] else { return [] }
            return Self.made(in: parent, notes)
        }
    }

    private static func made(in parent: String, _ notes: [String: Note]) -> [Folder] {
        notes.compactMap { path, note in
            note.isMade ? Folder(path: path, parent: parent, number: note.number) : nil
        }
    }

    /// All folders that are there and not yet known to be durable.
    var allMade: [Folder] {
        state.withLockedValue { state in
            state.notes.flatMap { parent, notes in Self.made(in: parent, notes) }
        }
    }

    /// Removes notes, unless the folders were made anew since the notes were read.
    func settle(_ folders: [Folder]) {
        if folders.isEmpty { return }
        state.withLockedValue { state in for folder in folders { state.remove(folder) } }
    }
}
