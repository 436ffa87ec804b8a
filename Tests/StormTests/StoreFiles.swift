import Foundation
import Glibc

/// The files of a store, looked at and set back in time from outside.
struct StoreFiles: Sendable {
    /// The folder that the server was told.
    let root: URL

    private var base: String { root.path(percentEncoded: false) + "/docker/registry/v2" }

    /// The paths of all files below the registry's folder.
    func paths() -> [String] {
        var isFolder: ObjCBool = false
        return (FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []).filter {
            FileManager.default.fileExists(atPath: "\(base)/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    /// What a collection decides of: data, links of layers and manifests, and what is in quarantine.
    func collectable() -> Set<String> {
        Set(
            paths().filter {
                $0.hasPrefix("blobs/") || $0.contains("/_layers/") || $0.contains("/_manifests/revisions/")
                    || $0.hasPrefix("_registryd/quarantine/")
            }
        )
    }

    /// Lets time pass for a store in which nothing happens: when files were written, when they were seen in quarantine,
    /// and when something was deleted, is set back. It is what a grace period would do, in milliseconds.
    func letPass(seconds: Int) throws {
        for path in paths() {
            if path.hasPrefix("_registryd/collection/seen/") {
                try setBackLedger("\(base)/\(path)", seconds)
            } else if path.hasPrefix("_registryd/deleted/") {
                setBackDeletion("\(base)/\(path)", seconds)
            } else if path.hasPrefix("blobs/") || path.hasPrefix("repositories/"), !path.contains("/_uploads/") {
                setBack("\(base)/\(path)", seconds)
            }
        }
    }

    private func setBack(_ path: String, _ seconds: Int) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        var time = status.st_mtim
        time.tv_sec -= seconds
        let times = [time, time]
        _ = utimensat(AT_FDCWD, path, times, 0)
    }

    /// When something was deleted is in the name of its record: `<seconds>-<number>-<unique>`, in digits of sixteen.
    private func setBackDeletion(_ path: String, _ seconds: Int) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let name = path[path.index(after: slash)...]
        guard let time = Int(name.prefix(8), radix: 16) else { return }
        let earlier = String(time - seconds, radix: 16)
        // One that a collection removes meanwhile is over.
        _ = rename(path, "\(path[...slash])\(earlier)\(name.dropFirst(8))")
    }

    private func setBackLedger(_ path: String, _ seconds: Int) throws {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let time = Int(parts[0]) else { return "\(line)\n" }
            return "\(time - seconds) \(parts[1])\n"
        }
        try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }
}
