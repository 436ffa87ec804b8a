import Synchronization

/// The folders that this process has made and not yet made durable.
///
/// A write that finds its folder there relies on whoever made it; before it is acknowledged it looks here, and makes
/// durable what the maker has not yet. A folder that another process made a moment ago is left to that process: it
/// would take both to crash with the machine for its name to be lost.
final class UnsettledFolders: Sendable {
    private struct State {
        var tokens: [String: UInt64] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Notes that a folder is about to be made.
    ///
    /// - Returns: what to give ``revoke(_:_:)`` if it isn't.
    func announce(_ folder: String) -> (token: UInt64, before: UInt64?) {
        state.withLock { state in
            state.last += 1
            let before = state.tokens.updateValue(state.last, forKey: folder)
            return (state.last, before)
        }
    }

    /// Takes a note back: the folder was there.
    func revoke(_ folder: String, _ note: (token: UInt64, before: UInt64?)) {
        state.withLock { state in
            if state.tokens[folder] == note.token { state.tokens[folder] = note.before }
        }
    }

    /// The notes on a folder and those above it; empty in the usual case, at the price of one lock.
    func notes(upFrom folder: String) -> [(folder: String, token: UInt64)] {
        state.withLock { state in
            if state.tokens.isEmpty { return [] }
            var found: [(String, UInt64)] = []
            var current: String? = folder
            while let folder = current {
                if let token = state.tokens[folder] { found.append((folder, token)) }
                current = parentFolder(folder)
            }
            return found
        }
    }

    /// Removes a note, unless the folder was made anew since the note was read.
    func settle(_ folder: String, _ token: UInt64) {
        state.withLock { state in
            if state.tokens[folder] == token { state.tokens[folder] = nil }
        }
    }
}

/// The folder that holds a path; `nil` at the top.
func parentFolder(_ path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path == "." ? nil : "." }
    if slash == path.startIndex { return path.utf8.count == 1 ? nil : "/" }
    return String(path[..<slash])
}
