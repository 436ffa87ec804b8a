public import NIOCore
public import NIOPosix
import NIOSSL
import RegistryAuth
public import RegistryHTTP
public import ServiceLifecycle
import Synchronization

/// TLS for a ``RegistryHTTP/RegistryServer``, with certificates from files that may change while it runs.
///
/// New connections get what the files held when they were last read without an error; connections that are there go on
/// with what they have. The files are looked at from time to time inside ``run()``, and read by ``reload()``.
///
/// Own code and not NIO's `TimedCertificateReloader`: that one reads and parses both files at every look, where two
/// calls of `stat` do, tells of the same broken file each time, and leaves the clients' authorities as they were.
public final class ServerTLS: ConnectionSecurity, Service {
    /// Something that an operator should know.
    public enum Notice: Sendable, Hashable {
        /// The files have changed, and new connections get what they hold: a certificate with this serial number, in
        /// hexadecimal digits.
        case reloaded(serial: String)
        /// The files have changed and can't be used; what they held before goes on to be used. It is told once for
        /// each change.
        case failed(TLSError)
        /// The cipher suites that are configured change nothing, since only TLS 1.3 is spoken.
        case cipherSuitesIgnored
    }

    private struct State {
        var configuration: TLSConfiguration
        /// A context for each list of protocols that was asked for.
        var contexts: [[String]: NIOSSLContext]
        /// The files' stamps when they were last read, whether they could be used or not.
        var stamps: [FileStamp?]
    }

    private let settings: TLSSettings
    private let pool: NIOThreadPool
    private let onNotice: @Sendable (Notice) -> Void
    private let state: Mutex<State>

    /// Reads the files; blocks for that.
    ///
    /// - Parameters:
    ///   - pool: where the files are read later on.
    ///   - onNotice: told what an operator should know, from any thread.
    /// - Throws: ``TLSError`` when they can't be used.
    public init(
        _ settings: TLSSettings,
        pool: NIOThreadPool = .singleton,
        onNotice: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(TLSError) {
        self.pool = pool
        self.settings = settings
        self.onNotice = onNotice
        state = Mutex(try Self.load(settings, protocols: [["h2", "http/1.1"]]))
        if settings.minimumVersion == .tls1_3, !settings.cipherSuites.isEmpty { onNotice(.cipherSuitesIgnored) }
    }

    /// Looks at the files from time to time, until the service is told to stop or the task is cancelled.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: self.settings.pollInterval)) != nil {
                let paths = self.settings.paths
                let stamps = try? await self.pool.runIfActive { paths.map { try? FileStamp(of: $0) } }
                guard let stamps, stamps != self.state.withLock({ $0.stamps }) else { continue }
                try? await self.reload()
            }
        }
    }

    /// Reads the files now, as after a signal, whether they have changed or not.
    ///
    /// - Throws: ``TLSError`` when they can't be used; what they held before goes on to be used.
    public func reload() async throws(TLSError) {
        let settings = settings
        let protocols = state.withLock { Array($0.contexts.keys) }
        let stamps: [FileStamp?]
        let result: Result<State, TLSError>
        do {
            (stamps, result) = try await pool.runIfActive {
                // The stamps first, so that a change while the files are read is seen later.
                let stamps = settings.paths.map { try? FileStamp(of: $0) }
                return (stamps, Result { () throws(TLSError) in try Self.load(settings, protocols: protocols) })
            }
        } catch {
            throw TLSError("the certificate was not read: the program is stopping")
        }
        switch result {
        case .success(let loaded):
            state.withLock {
                $0 = loaded
                $0.stamps = stamps
            }
            onNotice(.reloaded(serial: serial))
        case .failure(let error):
            state.withLock { $0.stamps = stamps }
            onNotice(.failed(error))
            throw error
        }
    }

    /// The serial number of the certificate that new connections get, in hexadecimal digits.
    public var serial: String {
        let configuration = state.withLock { $0.configuration }
        guard case .certificate(let certificate) = configuration.certificateChain.first else { return "" }
        return certificate.serialNumber.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Puts TLS before what a connection speaks; see the protocol.
    public func secure(
        _ channel: any Channel,
        offering applicationProtocols: [String]
    ) throws -> EventLoopFuture<SecuredConnection> {
        let context = try context(offering: applicationProtocols)
        let isVerifying = settings.clientAuthentication.isVerifying
        // Of a certificate that nobody verifies, the handshake proves no more than that the client has its key.
        let tls =
            isVerifying || settings.clientCAPaths.isEmpty
            ? NIOSSLServerHandler(context: context)
            : NIOSSLServerHandler(context: context) { _, promise in promise.succeed(.certificateVerified) }
        let watch = HandshakeWatch(tls, namesClient: isVerifying, promise: channel.eventLoop.makePromise())
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(PlainTextRefusal())
        try pipeline.addHandler(tls)
        try pipeline.addHandler(watch)
        return watch.result
    }

    private func context(offering protocols: [String]) throws -> NIOSSLContext {
        try state.withLock { state in
            if let context = state.contexts[protocols] { return context }
            let context = try Self.context(state.configuration, protocols)
            state.contexts[protocols] = context
            return context
        }
    }

    private static func load(_ settings: TLSSettings, protocols: [[String]]) throws(TLSError) -> State {
        let stamps = settings.paths.map { try? FileStamp(of: $0) }
        let configuration = try TLSConfiguration(settings, try TLSFiles(settings))
        var contexts: [[String]: NIOSSLContext] = [:]
        for list in protocols {
            do {
                contexts[list] = try context(configuration, list)
            } catch NIOSSLError.failedToLoadPrivateKey {
                throw TLSError(
                    "the key in \(settings.keyPath) does not belong to the first certificate in "
                        + "\(settings.certificatePath): the server's own certificate must come first, and its key must "
                        + "be the one that it was made for"
                )
            } catch {
                throw TLSError(
                    "the certificates in \(settings.paths.joined(separator: ", ")) can't be used: \(error)"
                )
            }
        }
        return State(configuration: configuration, contexts: contexts, stamps: stamps)
    }

    private static func context(_ configuration: TLSConfiguration, _ protocols: [String]) throws -> NIOSSLContext {
        var configuration = configuration
        configuration.applicationProtocols = protocols
        return try NIOSSLContext(configuration: configuration)
    }
}
