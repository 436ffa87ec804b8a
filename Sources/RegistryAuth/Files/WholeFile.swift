#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why a file of users, keys or rules could not be read or made.
public struct PasswordFileError: Error, Sendable, CustomStringConvertible {
    /// What was done, such as `open`.
    public let operation: String
    /// The file's path.
    public let path: String
    /// The system's error number.
    public let code: Int32

    init(_ operation: String, _ path: String) {
        self.operation = operation
        self.path = path
        code = errno
    }

    /// The error in words.
    public var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}

/// What tells one state of a file from another without reading it.
package struct FileStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]
    private let changed: [Int]

    /// Takes a file's stamp; blocks.
    ///
    /// - Throws: when there is no such file, or it can't be reached.
    package init(of path: String) throws(PasswordFileError) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw PasswordFileError("stat", path) }
        self.init(information)
    }

    fileprivate init(_ information: stat) {
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
        size = Int64(information.st_size)
        #if canImport(Darwin)
        modified = [information.st_mtimespec.tv_sec, information.st_mtimespec.tv_nsec]
        changed = [information.st_ctimespec.tv_sec, information.st_ctimespec.tv_nsec]
        #else
        modified = [information.st_mtim.tv_sec, information.st_mtim.tv_nsec]
        changed = [information.st_ctim.tv_sec, information.st_ctim.tv_nsec]
        #endif
    }
}

/// A file that is small enough to be read at once.
package enum WholeFile {
    /// Reads a file, with the stamp it had before; blocks.
    ///
    /// - Parameter maximumLength: the longest file that is read, in bytes.
    /// - Throws: when it can't be read, or is longer.
    package static func read(
        _ path: String,
        maximumLength: Int
    ) throws(PasswordFileError) -> (stamp: FileStamp, content: [UInt8]) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PasswordFileError("open", path) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw PasswordFileError("stat", path) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = readBytes(descriptor, &buffer)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PasswordFileError("read", path) }
            if count == 0 { break }
            content += buffer[..<count]
            guard content.count <= maximumLength else {
                errno = EFBIG
                throw PasswordFileError("read", path)
            }
        }
        return (FileStamp(information), content)
    }
}

/// The system's call: inside the enumeration its name is that of our own function.
private func readBytes(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
