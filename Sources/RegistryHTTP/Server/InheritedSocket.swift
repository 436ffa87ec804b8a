#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A listening socket that another program opened and handed over, as systemd does
/// ([sd_listen_fds](https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html)).
public struct InheritedSocket: Sendable, Hashable {
    /// The descriptor. The server that listens on it closes it.
    public let descriptor: CInt
    /// Whether it is a TCP socket, and not a Unix one.
    let isTCP: Bool

    /// The first descriptor that is handed over.
    private static var firstDescriptor: CInt { 3 }

    /// Takes a descriptor, and keeps programs that this one starts from getting it too.
    ///
    /// - Throws: ``ListenerError`` when it is not a listening stream socket.
    public init(descriptor: CInt) throws(ListenerError) {
        var isListening: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1 else {
            throw ListenerError("the inherited descriptor \(descriptor) is not a listening socket")
        }
        // As bytes: which module owns the members of the system's structures depends on what else is imported.
        var address = [UInt8](repeating: 0, count: 128)
        var size = socklen_t(address.count)
        let named = address.withUnsafeMutableBytes {
            getsockname(descriptor, $0.bindMemory(to: sockaddr.self).baseAddress, &size)
        }
        guard named == 0 else {
            throw ListenerError("the inherited descriptor \(descriptor) has no address")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
        isTCP = CInt(address.withUnsafeBytes { $0.load(as: sa_family_t.self) }) != AF_UNIX
    }

    /// The socket that the environment names (`LISTEN_PID`, `LISTEN_FDS`); `nil` when it names none, or not for this
    /// process.
    ///
    /// - Parameters:
    ///   - environment: the variables.
    ///   - processID: the process that asks; `nil` for this one.
    /// - Throws: ``ListenerError`` when more than one is named, or what is named is no listening socket.
    public static func named(
        in environment: [String: String],
        processID: Int32? = nil
    ) throws(ListenerError) -> InheritedSocket? {
        guard let count = try count(in: environment, processID: processID ?? getpid()) else { return nil }
        guard count == 1 else {
            throw ListenerError("LISTEN_FDS hands \(count) sockets over, and the server takes one: give its unit one")
        }
        return try InheritedSocket(descriptor: firstDescriptor)
    }

    /// How many sockets are handed over; `nil` for none.
    private static func count(in environment: [String: String], processID: Int32) throws(ListenerError) -> Int? {
        guard let owner = environment["LISTEN_PID"], let text = environment["LISTEN_FDS"], !text.isEmpty else {
            return nil
        }
        guard Int32(owner) == processID else { return nil }
        guard let count = Int(text), count >= 0 else { throw ListenerError("LISTEN_FDS is not a number: \(text)") }
        return count == 0 ? nil : count
    }
}

/// Why a server can't listen.
public struct ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and where, for a person who can mend it.
    public let description: String

    init(_ description: String) { self.description = description }
}
