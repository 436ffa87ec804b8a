import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How a connection from the same machine, such as a proxy's, finds out how much it may send.
///
/// BBR, which many systems take for all connections, sends no faster than it believes the way to be, by a timer for nearly
/// each segment. On loopback that was two fifths of the processor's time of a pull, and there is nothing that could be
/// congested: Reno, which every Linux has and lets everybody use, has no such timer. Other connections, and other
/// algorithms, stay as the system has them.
enum LocalCongestion {
    private static let loopback = ["127.0.0.0/8", "::1"].compactMap(NetworkRange.init)

    /// Takes a new connection off BBR if it comes from this machine. To be called on the channel's event loop.
    static func leaveBBR(_ channel: any Channel) {
        guard let address = channel.remoteAddress, isLoopback(address) else { return }
        _ = try? channel.pipeline.syncOperations
            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                var name = [UInt8](repeating: 0, count: 16)
                var length = socklen_t(name.count)
                guard getsockopt(socket, CInt(IPPROTO_TCP), TCP_CONGESTION, &name, &length) == 0,
                    name.starts(with: "bbr".utf8)
                else { return }
                let reno = Array("reno".utf8)
                _ = setsockopt(socket, CInt(IPPROTO_TCP), TCP_CONGESTION, reno, socklen_t(reno.count))
            }
    }

    static func isLoopback(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress else { return false }
        return loopback.contains { $0.contains(text) }
    }
}
