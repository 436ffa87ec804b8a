public import NIOCore

/// Bytes that come piece by piece, such as a request's body. They are asked for one piece after the other.
public struct ContentSource: Sendable {
    /// How many bytes will come, where that is known before they do.
    public let length: Int64?
    private let pull: @Sendable () async throws -> ByteBuffer?

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - length: how many bytes will come; `nil` where that is not known.
    ///   - next: gives the next bytes; `nil` at the end. It may throw when they break off.
    public init(length: Int64? = nil, next: @escaping @Sendable () async throws -> ByteBuffer?) {
        self.length = length
        pull = next
    }

    /// The next bytes; `nil` at the end.
    public func next() async throws -> ByteBuffer? { try await pull() }

    /// Nothing.
    public static let empty = ContentSource(length: 0) { nil }
}
