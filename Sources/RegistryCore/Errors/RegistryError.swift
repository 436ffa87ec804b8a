/// A refusal: what the registry answers instead of what it was asked for.
///
/// Errors are equal when their codes and statuses are equal, so that a test compares what was refused and not how
/// it was worded.
public struct RegistryError: Error, Sendable {
    /// One entry of the answer's body.
    public struct Entry: Sendable {
        /// The specification's code.
        public var code: ErrorCode
        /// What is wrong, in words for the person who reads it.
        public var message: String
        /// What the error is about, if that helps to act on it.
        public var detail: ErrorDetail?

        /// Makes an entry; without a message it has that of its code.
        public init(_ code: ErrorCode, message: String? = nil, detail: ErrorDetail? = nil) {
            self.code = code
            self.message = message ?? code.message
            self.detail = detail
        }
    }

    /// The entries; the first one gives the status. Never empty.
    public let entries: [Entry]

    /// The HTTP status, where it is not that of the first code, such as 413.
    public var status: Int

    /// What caused it, for the log; a client never sees it.
    public var cause: (any Error)?

    /// Makes an error of one entry.
    public init(
        _ code: ErrorCode,
        message: String? = nil,
        detail: ErrorDetail? = nil,
        status: Int? = nil,
        cause: (any Error)? = nil
    ) {
        entries = [Entry(code, message: message, detail: detail)]
        self.status = status ?? code.status
        self.cause = cause
    }

    /// Makes an error of several entries, such as one for each blob that is missing.
    ///
    /// - Returns: `nil` when there is no entry.
    public init?(entries: [Entry]) {
        guard let first = entries.first else { return nil }
        self.entries = entries
        status = first.code.status
    }

    /// The first entry's code.
    public var code: ErrorCode { entries.first?.code ?? .unknown }
}

extension RegistryError: Equatable {
    /// Whether two errors refuse the same.
    public static func == (left: RegistryError, right: RegistryError) -> Bool {
        left.code == right.code && left.status == right.status
    }
}

extension RegistryError: CustomStringConvertible {
    /// The status and each entry's code and message.
    public var description: String {
        "\(status) \(entries.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; "))"
    }
}

/// The `detail` of an error: a text, or named texts as the replaced server gives them.
public enum ErrorDetail: Sendable, Hashable {
    /// A text.
    case text(String)
    /// An object of texts, in this order.
    case fields([Field])
    /// A list of objects, such as the accesses that were wanted.
    case list([[Field]])

    /// A named text of a detail.
    public struct Field: Sendable, Hashable {
        /// The member's name.
        public var name: String
        /// The member's value.
        public var value: String

        /// Makes a member.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}
