public import Foundation
import Synchronization

/// A program that runs until it is stopped, by its process id, with what it prints in a file.
public struct Daemon: Sendable {
    private let name: String
    /// The process's number.
    public let processID: Int32
    private let ended: Ended
    /// The file that holds what the program printed.
    public let log: URL

    /// Starts the program.
    ///
    /// - Throws: ``CommandFailure`` where it is missing or can't be started.
    public static func start(
        _ name: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        log: URL
    ) throws -> Daemon {
        let process = Process()
        process.executableURL = try Command.locate(name)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(creating: log)
        process.standardOutput = output
        process.standardError = output
        let ended = Ended()
        process.terminationHandler = { ended.signal($0.terminationStatus) }
        try process.run()
        return Daemon(name: name, processID: process.processIdentifier, ended: ended, log: log)
    }

    /// Waits until `isReady` answers true, asking every 50 ms.
    ///
    /// - Throws: ``CommandFailure`` with the program's output where it ends before, or isn't ready in time.
    public func waitUntilReady(seconds: Int = 30, _ isReady: () async -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !(await isReady()) {
            if ended.isSignaled { throw CommandFailure("\(name) ended at its start:\n\(logText)") }
            if ContinuousClock.now > deadline {
                throw CommandFailure("\(name) isn't ready after \(seconds) s:\n\(logText)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether the program printed a text.
    public func hasPrinted(_ text: String) -> Bool {
        (try? Data(contentsOf: log)).map { $0.range(of: Data(text.utf8)) != nil } ?? false
    }

    /// The status that the program ended with, or the number of the signal; `nil` while it runs.
    public var exitStatus: Int32? { ended.status }

    /// Sends the program a signal.
    public func send(signal: Int32) { kill(processID, signal) }

    /// What the program printed, without the middle where it is long: a crash says at its beginning what it is.
    public var logText: String {
        let text = (try? Data(contentsOf: log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.count <= 8000 ? text : "\(text.prefix(4000))\n...\n\(text.suffix(4000))"
    }

    /// Asks the program to end, waits for it, and ends it by force after ten seconds.
    ///
    /// - Returns: Whether it ended by itself.
    @discardableResult
    public func stop() async -> Bool {
        kill(processID, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(10)
        while !ended.isSignaled {
            if ContinuousClock.now > deadline {
                kill(processID, SIGKILL)
                return false
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }
}

/// Set once a process has been waited for.
private final class Ended: Sendable {
    private let kept = Mutex<Int32?>(nil)

    var isSignaled: Bool { status != nil }

    var status: Int32? { kept.withLock { $0 } }

    func signal(_ status: Int32) { kept.withLock { $0 = status } }
}
