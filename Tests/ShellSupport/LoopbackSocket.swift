import Foundation
import Glibc

/// Ports of the loopback address.
public enum LoopbackPort {
    /// A port that was free a moment ago.
    ///
    /// - Throws: where the system has none.
    public static func free() throws -> UInt16 { try LoopbackSocket.freePort() }
}

/// A blocking socket: of TCP on 127.0.0.1, or of a file.
struct LoopbackSocket {
    private let descriptor: Int32

    /// Connects to a socket's file. Reads and writes fail after 30 seconds of silence.
    init(connectingToFile path: String) throws {
        descriptor = try Self.open(AF_UNIX)
        limitWaits()
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard bytes.count < room else { throw WireError(description: "the path of a socket is too long: \(path)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            let error = WireError(description: "can't connect to \(path): \(Self.lastError)")
            close()
            throw error
        }
    }

    /// Connects to a port of the loopback address. Reads and writes fail after 30 seconds of silence.
    init(connectingTo port: UInt16) throws {
        descriptor = try Self.open()
        limitWaits()
        guard Self.withAddress(port, { connect(descriptor, $0, $1) }) == 0 else {
            let refused = errno == ECONNREFUSED
            let error = WireError(description: "can't connect to port \(port): \(Self.lastError)", isRefused: refused)
            close()
            throw error
        }
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let descriptor = try open()
        defer { _ = Glibc.close(descriptor) }
        guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else {
            throw WireError(description: "can't bind: \(lastError)")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard named == 0 else { throw WireError(description: "can't read a socket's name: \(lastError)") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Writes all the bytes.
    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer.dropFirst(sent))
                return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw WireError(description: "can't write: \(Self.lastError)") }
            sent += count
        }
    }

    /// Reads what is there, waiting for the first byte; empty at the end.
    func read() throws -> [UInt8] {
        var error: WireError?
        let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if received < 0 { error = WireError(description: "can't read: \(Self.lastError)") }
            count = max(received, 0)
        }
        if let error { throw error }
        return bytes
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    private static var lastError: String { String(cString: strerror(errno)) }

    private func limitWaits() {
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    private static func open(_ family: Int32 = AF_INET) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError(description: "can't make a socket: \(lastError)") }
        return descriptor
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
