public import NIOCore

/// Bytes that come piece by piece, such as a request's body. They are asked for one piece after the other.
public struct ContentSource: Sendable {
    private let pull: @Sendable () async throws -> ByteBuffer?

    /// Makes a source.
    ///
    /// - Parameter next: gives the next bytes; `nil` at the end. It may throw when they break off.
    public init(next: @escaping @Sendable () async throws -> ByteBuffer?) { pull = next }

    /// The next bytes; `nil` at the end.
    public func next() async throws -> ByteBuffer? { try await pull() }

    /// Nothing.
    public static let empty = ContentSource { nil }
}
