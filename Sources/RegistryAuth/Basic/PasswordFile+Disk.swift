internal import RegistryCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension PasswordFile {
    /// The longest file that is read, in bytes: some 200000 users.
    static let maximumLength = 16 << 20

    /// Reads a file, with the stamp it had before; blocks.
    ///
    /// - Throws: when it can't be read, or is longer than ``maximumLength``.
    static func read(_ path: String) throws(PasswordFileError) -> (stamp: FileStamp, file: PasswordFile) {
        let (stamp, content) = try WholeFile.read(path, maximumLength: maximumLength)
        return (stamp, PasswordFile(parsing: content))
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
