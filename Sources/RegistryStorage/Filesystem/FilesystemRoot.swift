import RegistryCore

/// The folder that holds a store, and the absolute paths below it.
struct FilesystemRoot: Sendable {
    /// The folder's path, without a slash at its end; empty for the top of the file system.
    let text: String

    init(_ path: String) {
        var path = path.isEmpty ? "." : path[...]
        while path.hasSuffix("/") { path.removeLast() }
        text = String(path)
    }

    /// The absolute path of a place in the store, for calls that write.
    func absolute(_ path: StoragePath) -> String {
        let joined = text + path.description
        return joined.isEmpty ? "/" : joined
    }

    /// Lends the absolute path of a place in the store, built on the stack: a call that reads allocates nothing.
    @inline(__always)
    func withPath<Result>(_ path: StoragePath, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let root = text.utf8
        let below = path.description.utf8
        let count = root.count + below.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 2) { buffer in
            var end = Self.copy(root, to: buffer, from: 0)
            end = Self.copy(below, to: buffer, from: end)
            if end == 0 {
                buffer[0] = UInt8(ascii: "/")
                end = 1
            }
            buffer[end] = 0
            return buffer.withMemoryRebound(to: CChar.self) { characters in
                // A buffer of at least two bytes has an address.
                body(UnsafePointer(characters.baseAddress.unsafelyUnwrapped))
            }
        }
    }

    @inline(__always)
    private static func copy(
        _ text: String.UTF8View,
        to buffer: UnsafeMutableBufferPointer<UInt8>,
        from start: Int
    ) -> Int {
        let target = UnsafeMutableBufferPointer(rebasing: buffer[start...])
        let copied: Int? = text.withContiguousStorageIfAvailable { bytes in
            UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer(bytes))
            return bytes.count
        }
        if let copied { return start + copied }
        var end = start
        for byte in text {
            buffer[end] = byte
            end += 1
        }
        return end
    }
}
