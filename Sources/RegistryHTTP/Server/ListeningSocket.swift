import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A server's socket, and the file that goes with it.
struct ListeningSocket {
    let channel: NIOAsyncChannel<AcceptedConnection, Never>
    private let file: SocketFile?

    /// Removes the socket's file, if there is one and it is still this socket's.
    func removeFile() { file?.remove() }

    /// Opens what the configuration names.
    ///
    /// - Parameter initialize: prepares each accepted connection, on its event loop.
    /// - Throws: what keeps it from listening.
    static func open(
        _ configuration: ServerConfiguration,
        on group: any EventLoopGroup,
        initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<AcceptedConnection>
    ) async throws -> ListeningSocket {
        switch configuration.listener {
        case .tcp(let host, let port):
            return try await openTCP(host, port, configuration, group, initialize)
        case .unix(let path):
            try SocketFile.makeRoom(at: path)
            do {
                let channel = try await bootstrap(configuration, group).bind(
                    unixDomainSocketPath: path,
                    serverBackPressureStrategy: pressure,
                    childChannelInitializer: initialize
                )
                return ListeningSocket(channel: channel, file: SocketFile(at: path))
            } catch {
                throw ListenerError("can't listen on the socket \(path): \(error)")
            }
        case .inherited(let socket):
            let channel = try await bootstrap(configuration, group).bind(
                socket.descriptor,
                serverBackPressureStrategy: pressure,
                childChannelInitializer: initialize
            )
            return ListeningSocket(channel: channel, file: nil)
        }
    }

    private static var pressure: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark {
        .init(lowWatermark: 1, highWatermark: 2)
    }

    private static func openTCP(
        _ host: String,
        _ port: Int,
        _ configuration: ServerConfiguration,
        _ group: any EventLoopGroup,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<AcceptedConnection>
    ) async throws -> ListeningSocket {
        func bind(_ host: String, _ bootstrap: sending ServerBootstrap) async throws -> ListeningSocket {
            let channel = try await bootstrap.bind(
                host: host,
                port: port,
                serverBackPressureStrategy: pressure,
                childChannelInitializer: initialize
            )
            return ListeningSocket(channel: channel, file: nil)
        }
        guard host.isEmpty || host == "::" else { return try await bind(host, bootstrap(configuration, group)) }
        do {
            return try await bind("::", bootstrap(configuration, group, takesBothFamilies: true))
        } catch let error as IOError where error.errnoCode == EAFNOSUPPORT && host.isEmpty {
            // A system without IPv6: every address is every address of IPv4.
            return try await bind("0.0.0.0", bootstrap(configuration, group))
        }
    }

    /// - Parameter takesBothFamilies: whether a socket of IPv6 takes IPv4 too, whatever the system's default is.
    private static func bootstrap(
        _ configuration: ServerConfiguration,
        _ group: any EventLoopGroup,
        takesBothFamilies: Bool = false
    ) -> sending ServerBootstrap {
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.recvAllocator, value: ReadSizes.usual)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        let isTCP =
            switch configuration.listener {
            case .tcp: true
            case .unix: false
            case .inherited(let socket): socket.isTCP
            }
        guard isTCP else { return bootstrap }
        if takesBothFamilies { bootstrap = bootstrap.serverChannelOption(.ipv6Only, value: 0) }
        // Accepted sockets take the keep-alive over from the listening one, without a call for each.
        return
            bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.socketOption(.so_keepalive), value: 1)
            .serverChannelOption(.keepAliveIdle, value: 180)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    fileprivate static var ipv6Only: Self { Self(level: .ipv6, name: .ipv6_v6only) }

    /// How long a connection is silent before the system looks whether it is alive, in seconds.
    fileprivate static var keepAliveIdle: Self {
        #if canImport(Darwin)
        Self(level: .tcp, name: .init(rawValue: TCP_KEEPALIVE))
        #else
        Self(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE))
        #endif
    }
}

/// The file of a Unix socket.
private struct SocketFile: Sendable {
    let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Notes the file that a socket was just bound to.
    init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// Removes it, unless another server has put its own in its place.
    func remove() {
        guard let current = SocketFile(at: path), current.device == device, current.inode == inode else { return }
        _ = unlink(path)
    }

    /// Removes a socket that a server left behind.
    ///
    /// - Throws: ``ListenerError`` when something else is there.
    static func makeRoom(at path: String) throws(ListenerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenerError("can't listen on \(path): a file that is no socket is there, and is left alone")
        }
        guard unlink(path) == 0 else {
            throw ListenerError("can't remove the old socket \(path): \(String(cString: strerror(errno)))")
        }
    }
}
