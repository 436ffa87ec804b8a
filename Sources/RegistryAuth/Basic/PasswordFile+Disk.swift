internal import RegistryCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why a password file could not be read or made.
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
struct FileStamp: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]
    private let changed: [Int]

    /// Takes a file's stamp; blocks.
    ///
    /// - Throws: when there is no such file, or it can't be reached.
    init(of path: String) throws(PasswordFileError) {
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

extension PasswordFile {
    /// The longest file that is read, in bytes: some 200000 users.
    static let maximumLength = 16 << 20

    /// Reads a file, with the stamp it had before; blocks.
    ///
    /// - Throws: when it can't be read, or is longer than ``maximumLength``.
    static func read(_ path: String) throws(PasswordFileError) -> (stamp: FileStamp, file: PasswordFile) {
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
        return (FileStamp(information), PasswordFile(parsing: content))
    }

    /// Makes a file with one user, `docker`, as the replaced server does when there is none; blocks for some 50 ms.
    ///
    /// - Returns: the user's password; `nil` when there is a file already.
    /// - Throws: when it can't be made.
    static func create(_ path: String) throws(PasswordFileError) -> String? {
        if access(path, F_OK) == 0 { return nil }
        guard errno == ENOENT else { throw PasswordFileError("access", path) }
        var generator = SystemRandomNumberGenerator()
        let random = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let password = String(Base64URL.encode(random).prefix { $0 != "=" })
        guard let hash = BcryptHash(of: Array(password.utf8), cost: 10) else {
            throw PasswordFileError("crypt", path)
        }
        try createFolders(above: path)
        // Exclusively: where two servers start at once, one makes the file and both use it.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == EEXIST { return nil }
        guard descriptor >= 0 else { throw PasswordFileError("create", path) }
        defer { close(descriptor) }
        let line = Array("docker:".utf8) + hash.text + [UInt8(ascii: "\n")]
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw PasswordFileError("write", path)
        }
        return password
    }

    private static func createFolders(above path: String) throws(PasswordFileError) {
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            end = path.index(after: slash)
            let folder = String(path[..<slash])
            if folder.isEmpty { continue }
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw PasswordFileError("mkdir", folder) }
        }
    }
}

/// The system's call: inside the extension its name is that of our own function.
private func readBytes(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
