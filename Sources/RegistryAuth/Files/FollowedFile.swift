package import NIOPosix
internal import Synchronization

/// What an operator should know of a file that is followed.
public enum FileNotice: Sendable, Hashable {
    /// The file changed and was read again.
    case reloaded(path: String)
    /// The file changed, or can't be reached, and can't be used; what it held before holds.
    case unusable(path: String, reason: String)
}

/// How a file is followed.
package struct FollowedFileOptions: Sendable {
    /// The longest file that is read, in bytes.
    package var maximumLength: Int
    /// How long the file's state is believed, before it is looked at again.
    package var checkInterval: Duration

    package init(maximumLength: Int = 4 << 20, checkInterval: Duration = .seconds(1)) {
        self.maximumLength = maximumLength
        self.checkInterval = checkInterval
    }
}

/// A file's content, read again when the file changes.
///
/// The file is looked at again at most every ``FollowedFileOptions/checkInterval``, when somebody asks for the content, on the thread pool
/// that the owner hands in; who asks meanwhile gets what holds. A content that can't be used is reported once and
/// changes nothing.
package final class FollowedFile<Content: Sendable>: Sendable {
    /// What the file holds. It is a class so that who asks for it, as each request does, is handed one reference, whose size
    /// is known without the type.
    package final class Version: Sendable {
        package let content: Content
        /// How often the content had changed before.
        package let generation: Int

        fileprivate init(_ content: Content, generation: Int) {
            self.content = content
            self.generation = generation
        }
    }

    private struct State {
        var version: Version
        /// `nil` while the file can't be reached.
        var stamp: FileStamp?
        var lastCheck: ContinuousClock.Instant
        var isChecking = false
    }

    private enum Look: Sendable {
        case unchanged
        case changed(FileStamp, Result<Content, any Error>)
    }

    private let path: String
    private let options: FollowedFileOptions
    private let pool: NIOThreadPool
    private let now: @Sendable () -> ContinuousClock.Instant
    private let parse: @Sendable ([UInt8]) throws -> Content
    private let report: @Sendable (FileNotice) -> Void
    private let state: Mutex<State>

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - pool: where the file is read and parsed; it is running and stays its owner's.
    ///   - parse: makes a content of bytes.
    ///   - report: hears what an operator should know; called from any thread.
    /// - Throws: `PasswordFileError` when the file can't be read; what `parse` throws.
    package init(
        _ path: String,
        options: FollowedFileOptions = FollowedFileOptions(),
        pool: NIOThreadPool,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        parse: @escaping @Sendable ([UInt8]) throws -> Content,
        report: @escaping @Sendable (FileNotice) -> Void
    ) async throws {
        self.path = path
        self.options = options
        self.pool = pool
        self.now = now
        self.parse = parse
        self.report = report
        let (stamp, content) = try await pool.runIfActive {
            let (stamp, bytes) = try WholeFile.read(path, maximumLength: options.maximumLength)
            return (stamp, try parse(bytes))
        }
        state = Mutex(State(version: Version(content, generation: 0), stamp: stamp, lastCheck: now()))
    }

    /// The content, and a number that changes with it.
    package func current() async -> Version {
        let now = now()
        let (current, due) = state.withLock { state -> (Version, FileStamp??) in
            guard !state.isChecking, now - state.lastCheck >= options.checkInterval else { return (state.version, nil) }
            // It is this caller's turn to look whether the file still has the stamp of the content that holds.
            state.isChecking = true
            return (state.version, .some(state.stamp))
        }
        guard let stamp = due else { return current }
        await look(stamp)
        return state.withLock { $0.version }
    }

    private func look(_ stamp: FileStamp?) async {
        let outcome: Result<Look, any Error>
        do {
            outcome = .success(
                try await pool.runIfActive { [path, options, parse] in
                    if try FileStamp(of: path) == stamp { return .unchanged }
                    let (stamp, bytes) = try WholeFile.read(path, maximumLength: options.maximumLength)
                    return .changed(stamp, Result { try parse(bytes) })
                }
            )
        } catch {
            outcome = .failure(error)
        }
        let now = now()
        let notice: FileNotice? = state.withLock { state in
            state.isChecking = false
            state.lastCheck = now
            switch outcome {
            case .success(.unchanged): return nil
            case .success(.changed(let stamp, .success(let content))):
                state.stamp = stamp
                state.version = Version(content, generation: state.version.generation + 1)
                return .reloaded(path: path)
            case .success(.changed(let stamp, .failure(let error))):
                state.stamp = stamp
                return .unusable(path: path, reason: "\(error)")
            case .failure(let error as PasswordFileError):
                // Told once, not every second.
                defer { state.stamp = nil }
                return state.stamp == nil ? nil : .unusable(path: path, reason: "\(error)")
            case .failure:
                // The request was cancelled, or the pool is stopping.
                return nil
            }
        }
        if let notice { report(notice) }
    }
}
