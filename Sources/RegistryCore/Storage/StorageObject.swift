public import NIOCore

/// An object that is open for reading. It is released with its last reference.
public protocol StorageObject: Sendable {
    /// The object's length in bytes.
    var size: Int64 { get }

    /// When the object last changed, in nanoseconds since 1970 (UTC); 0 where the store does not know.
    var modified: Int64 { get }

    /// The open file that holds the bytes from its offset 0, where there is one: a transport may then hand a region
    /// of it to the kernel instead of reading it.
    var file: OpenFile? { get }

    /// Reads a part. A caller that streams asks for one part after the other; a driver may read ahead for it.
    ///
    /// - Parameters:
    ///   - offset: the first byte; from 0 to ``size``.
    ///   - count: how many bytes at the most.
    /// - Returns: `count` bytes, or fewer when the object ends there.
    /// - Throws: `failed`, `unavailable`; `notFound` where the store can't keep a deleted object readable.
    func read(at offset: Int64, count: Int) async throws(StorageError) -> ByteBuffer
}

extension StorageObject {
    /// No file.
    public var file: OpenFile? { nil }
}

/// A file that is open for reading, closed with its last reference.
public final class OpenFile: Sendable {
    /// The file descriptor. It must not be closed, and not be used once this value is released.
    public let descriptor: CInt

    private let onRelease: @Sendable (CInt) -> Void

    /// Takes a descriptor over.
    ///
    /// - Parameter close: closes the descriptor; it is called once, from whichever thread releases the last reference.
    public init(descriptor: CInt, close: @escaping @Sendable (CInt) -> Void) {
        self.descriptor = descriptor
        onRelease = close
    }

    deinit { onRelease(descriptor) }
}
