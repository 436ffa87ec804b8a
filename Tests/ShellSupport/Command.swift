public import Foundation

/// What a finished command left.
public struct CommandResult: Sendable {
    /// The command and its arguments, for messages.
    public let commandLine: String
    /// The exit status; 124 where the time ran out.
    public let status: Int32
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errorOutput: String

    /// Standard output without the white space around it.
    public var trimmedOutput: String {
        output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Standard output by lines, without empty ones.
    public var lines: [String] {
        output.split(separator: "\n").map(String.init)
    }
}

/// A command that is missing, failed, or succeeded where it had to fail.
public struct CommandFailure: Error, CustomStringConvertible {
    /// What happened, with the command's own last words.
    public let description: String

    /// Makes a failure with a message.
    public init(_ description: String) {
        self.description = description
    }
}

/// Runs a program of the system as a child process.
///
/// `timeout` of coreutils stands between the child and us: it ends the whole process group when the time is over, so
/// that a client that hangs fails its test and leaves nothing running.
public struct Command: Sendable {
    private let name: String
    private let arguments: [String]
    private var environment: [String: String]
    private var folder: URL?

    /// Names the program, found through `PATH` unless it holds a slash, and its arguments.
    public init(_ name: String, _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }

    /// The program's path.
    ///
    /// - Throws: ``CommandFailure`` that names it where it is not installed.
    public static func locate(_ name: String) throws -> URL {
        let candidates: [String]
        if name.contains("/") {
            candidates = [name]
        } else {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
            candidates = folders.map { "\($0)/\(name)" }
        }
        for candidate in candidates where FileManager.default.isExecutableFile(atPath: candidate) {
            return URL(filePath: candidate)
        }
        throw CommandFailure("\(name) is not installed, and this test needs it: dev/test installs what the tests need")
    }

    /// Runs the command to its end, whatever its exit status.
    ///
    /// - Throws: ``CommandFailure`` where the program is missing or can't be started.
    public func result(seconds: Int = 90) async throws -> CommandResult {
        let program = try Self.locate(name)
        let scratch = try ScratchFolder(name: "command")
        defer { scratch.remove() }
        let output = scratch.path("out")
        let errorOutput = scratch.path("err")
        let process = Process()
        process.executableURL = try Self.locate("timeout")
        process.arguments = ["--kill-after=5", "\(seconds)", program.path(percentEncoded: false)] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(creating: output)
        process.standardError = try FileHandle(creating: errorOutput)
        try await process.runToEnd()
        return CommandResult(
            commandLine: ([name] + arguments).joined(separator: " "),
            status: process.terminationStatus,
            output: try String(decoding: Data(contentsOf: output), as: UTF8.self),
            errorOutput: try String(decoding: Data(contentsOf: errorOutput), as: UTF8.self)
        )
    }

    /// Runs the command and expects it to succeed.
    ///
    /// - Throws: ``CommandFailure`` with the end of its standard error where it doesn't.
    @discardableResult
    public func run(seconds: Int = 90) async throws -> CommandResult {
        let result = try await result(seconds: seconds)
        guard result.status == 0 else {
            let why = result.status == 124 ? "ran longer than \(seconds) s" : "exited \(result.status)"
            throw CommandFailure("\(result.commandLine): \(why)\n\(result.lastWords)")
        }
        return result
    }

    /// Runs the command and expects it to fail by itself, in time.
    ///
    /// - Throws: ``CommandFailure`` where it succeeds or has to be ended.
    @discardableResult
    public func runExpectingFailure(seconds: Int = 90) async throws -> CommandResult {
        let result = try await result(seconds: seconds)
        switch result.status {
        case 0: throw CommandFailure("\(result.commandLine): succeeded, and had to fail\n\(result.lastWords)")
        case 124, 137: throw CommandFailure("\(result.commandLine): ran longer than \(seconds) s\n\(result.lastWords)")
        default: return result
        }
    }
}

extension CommandResult {
    fileprivate var lastWords: String {
        (output.suffix(1000) + "\n" + errorOutput.suffix(3000)).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Process {
    /// Starts the process and waits for its end without holding a thread.
    func runToEnd() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            terminationHandler = { _ in continuation.resume() }
            do {
                try run()
            } catch {
                terminationHandler = nil
                continuation.resume(throwing: CommandFailure("can't start \(executableURL?.path() ?? "?"): \(error)"))
            }
        }
    }
}

extension FileHandle {
    /// Creates an empty file and opens it for writing.
    convenience init(creating file: URL) throws {
        try Data().write(to: file)
        try self.init(forWritingTo: file)
    }
}
