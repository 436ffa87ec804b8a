import Foundation
import Logging
import NIOPosix
import ShellSupport

@testable import RegistryOperations

/// A log that a test reads.
final class Captured {
    private let folder: ScratchFolder
    private let file: FileHandle
    let writer: LogWriter

    init(capacity: Int = 1024 * 1024) throws {
        folder = try ScratchFolder(name: "log")
        try Data().write(to: folder.path("log"))
        file = try FileHandle(forWritingTo: folder.path("log"))
        writer = LogWriter(descriptor: file.fileDescriptor, pool: .singleton, capacity: capacity)
    }

    deinit {
        // What waits would be written when the descriptor's number is that of another file.
        writer.flush()
        folder.remove()
    }

    /// All lines so far, without their ends.
    var lines: [String] {
        get throws {
            writer.flush()
            let text = try String(decoding: Data(contentsOf: folder.path("log")), as: UTF8.self)
            return text.split(separator: "\n").map(String.init)
        }
    }

    /// All lines so far, each of which must be a JSON object.
    var objects: [[String: Any]] {
        get throws {
            try lines.map { line in
                let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return value as? [String: Any] ?? [:]
            }
        }
    }

    func output(
        _ format: LogFormat,
        level: Logger.Level = .info,
        fields: [String: String] = [:],
        reportsCaller: Bool = false,
        hooks: [MailHook] = []
    ) -> LogOutput {
        LogOutput(
            writer: writer,
            format: format,
            level: level,
            fields: fields,
            reportsCaller: reportsCaller,
            hooks: hooks,
            time: { LogTime(seconds: 1_767_323_045, nanoseconds: 678_900_000) }
        )
    }
}

/// A logger that says nothing.
let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
