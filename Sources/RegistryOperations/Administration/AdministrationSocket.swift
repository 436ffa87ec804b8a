public import RegistryHTTP

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The socket of the administration: a Unix socket that only its owner may open.
public enum AdministrationSocket {
    /// Opens the socket. One that a server left behind is removed first; that of a running one is taken over, as the
    /// service's own sockets are.
    ///
    /// - Parameter path: where it is; its folder must exist.
    /// - Throws: ``AdministrationError`` when it can't be opened.
    public static func open(at path: String) throws(AdministrationError) -> InheritedSocket {
        // As bytes, family and path: which module owns the members of the system's structures depends on what else is
        // imported.
        var address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + Array(path.utf8)
        guard path.utf8.count < 108, !path.utf8.contains(0) else {
            throw AdministrationError("the path of the administration's socket is too long: \(path)")
        }
        address += [UInt8](repeating: 0, count: 110 - address.count)
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK, unlink(path) == 0 else {
                throw AdministrationError("a file that is no socket, or can't be removed, is at \(path)")
            }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw AdministrationError("no socket: \(String(cString: strerror(errno)))") }
        // The mode of the descriptor becomes that of the file, so there is no moment in which others could connect.
        let isBound = address.withUnsafeBytes { bytes in
            fchmod(descriptor, S_IRUSR | S_IWUSR) == 0
                && bind(descriptor, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(bytes.count)) == 0
                && listen(descriptor, 16) == 0
        }
        guard isBound else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw AdministrationError("can't listen on \(path): \(reason)")
        }
        do {
            return try InheritedSocket(descriptor: descriptor)
        } catch {
            throw AdministrationError("\(error)")
        }
    }
}

/// Why a server can't be administered.
public struct AdministrationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for a person who can mend it.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }
}
