/// What a driver could not do, and why.
///
/// Errors are equal when their codes are equal, so that a test compares what happened and not how it was told.
public struct StorageError: Error, Sendable {
    /// What kind of failure it was; a caller decides by this alone.
    public enum Code: String, Sendable, Hashable {
        /// Nothing lies at the path.
        case notFound
        /// A folder lies where an object was expected, or an object where a folder was.
        case wrongKind
        /// The object is larger than the caller was ready to take.
        case tooLarge
        /// The store has no room left, or a quota is used up.
        case noSpace
        /// The store can't be written: it is mounted read only or permissions forbid it.
        case readOnly
        /// The store can't be reached or asks to wait; the same call may succeed later.
        case unavailable
        /// The store failed in another way: an I/O error.
        case failed
        /// The writer was closed, committed or cancelled before, or another writer has taken its place.
        case closed
    }

    /// What kind of failure it was.
    public var code: Code { storage.code }

    /// The path that the call was about.
    public var path: StoragePath { storage.path }

    /// What happened, in words for an operator: the call that failed and the system's reason.
    public var message: String { storage.message }

    /// The members lie behind one pointer, so that a result which may be an error stays small.
    private let storage: Storage

    private final class Storage: Sendable {
        let code: Code
        let path: StoragePath
        let message: String

        init(_ code: Code, _ path: StoragePath, _ message: String) {
            self.code = code
            self.path = path
            self.message = message
        }
    }

    /// Makes an error.
    public init(_ code: Code, at path: StoragePath, _ message: String = "") {
        storage = Storage(code, path, message)
    }
}

extension StorageError: Equatable {
    /// Whether two errors are of one kind.
    public static func == (left: StorageError, right: StorageError) -> Bool { left.code == right.code }
}

extension StorageError: CustomStringConvertible {
    /// The kind, the path and the reason.
    public var description: String {
        "\(code.rawValue) at \(path.description.isEmpty ? "/" : path.description)\(message.isEmpty ? "" : ": \(message)")"
    }
}
