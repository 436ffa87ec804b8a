public import Foundation

/// A new, empty folder under the system's temporary one.
public struct ScratchFolder: Sendable {
    /// Where it is.
    public let url: URL

    /// Makes the folder; `name` appears in its path.
    public init(name: String) throws {
        // Short, since sockets of clients are made below it and a socket's path has 107 bytes at most.
        let unique = String(UInt32.random(in: 0 ... .max), radix: 36)
        url = FileManager.default.temporaryDirectory.appending(path: "registryd-\(name)-\(unique)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// A path below the folder.
    public func path(_ relative: String) -> URL {
        url.appending(path: relative)
    }

    /// The same as a plain string, for a command's arguments.
    public func string(_ relative: String) -> String {
        path(relative).path(percentEncoded: false)
    }

    /// Makes a folder below this one.
    public func makeFolder(_ relative: String) throws -> URL {
        let folder = path(relative)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Deletes the folder and all below it. What can't be deleted stays for the system to clean.
    public func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}
