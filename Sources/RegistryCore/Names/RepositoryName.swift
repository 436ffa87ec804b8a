/// The name of a repository, such as `library/alpine`.
///
/// The grammar is that of the [OCI distribution specification, *Pulling manifests*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests):
/// components of lower case letters and digits, parted inside by one of `.`, `_`, `__` or any number of `-`, and
/// joined by `/`; at most 255 bytes in all. A name can't hold `..`, an empty component or an escape.
public struct RepositoryName: Sendable, Hashable {
    /// The longest name in bytes.
    public static let maximumLength = 255

    /// The name as text.
    public let description: String

    /// Parses a name.
    ///
    /// - Throws: ``NameError`` that says where the name breaks the grammar.
    @specialized(where Text == Substring)
    @specialized(where Text == String)
    public init<Text: StringProtocol>(parsing text: Text) throws(NameError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong(limit: Self.maximumLength) }
        var text = String(text)
        if let position = text.withUTF8(Self.fault) { throw .invalidCharacter(at: position, in: text) }
        description = text
    }

    /// Parses a name; `nil` when it breaks the grammar.
    public init?(_ text: some StringProtocol) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// The name's components, in order.
    public var components: [Substring] { description.split(separator: "/") }

    /// Where a text breaks the grammar; `nil` where it does not.
    private static func fault(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var scanner = ComponentScanner()
        for position in text.indices where !scanner.accept(text[position]) { return position }
        return scanner.isComplete ? nil : text.count
    }

    /// Reads the grammar of a name byte by byte.
    private struct ComponentScanner {
        private enum State { case start, alphanumeric, dot, underscore, twoUnderscores, dashes }
        private var state = State.start

        var isComplete: Bool { state == .alphanumeric }

        mutating func accept(_ character: UInt8) -> Bool {
            switch (state, character) {
            case (_, UInt8(ascii: "a")...UInt8(ascii: "z")), (_, UInt8(ascii: "0")...UInt8(ascii: "9")):
                state = .alphanumeric
            case (.alphanumeric, UInt8(ascii: "/")): state = .start
            case (.alphanumeric, UInt8(ascii: ".")): state = .dot
            case (.alphanumeric, UInt8(ascii: "_")): state = .underscore
            case (.underscore, UInt8(ascii: "_")): state = .twoUnderscores
            case (.alphanumeric, UInt8(ascii: "-")), (.dashes, UInt8(ascii: "-")): state = .dashes
            default: return false
            }
            return true
        }
    }
}

extension RepositoryName: CustomStringConvertible {}

extension RepositoryName: Comparable {
    /// Orders names byte by byte, as the catalog lists them.
    public static func < (left: RepositoryName, right: RepositoryName) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}

/// Why a text is not a repository's name or a tag.
public enum NameError: Error, Hashable, Sendable {
    /// The text is longer than `limit` bytes.
    case tooLong(limit: Int)
    /// The byte at this offset can't stand there; an offset at the end means that the text stops too early.
    case invalidCharacter(at: Int, in: String)
}

extension NameError: CustomStringConvertible {
    /// What is wrong, and where.
    public var description: String {
        switch self {
        case .tooLong(let limit): "longer than \(limit) bytes"
        case .invalidCharacter(let position, let text):
            position >= text.utf8.count
                ? "'\(text.prefix(300))' ends too early"
                : "'\(text.prefix(300))' breaks the grammar at byte \(position)"
        }
    }
}
