public import AsyncHTTPClient
public import NIOCore
internal import NIOHTTP1
public import NIOPosix
public import RegistryCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Something that is looked at regularly.
public struct HealthCheck: Sendable {
    /// The name in `/debug/health`.
    public var name: String
    /// The time between two runs, and before the first one.
    public var interval: Duration
    /// How many failures in a row count.
    public var threshold: Int
    /// Whether requests are refused while it fails, as the replaced server does; otherwise it is shown only.
    public var refusesRequests = true
    /// Looks once.
    ///
    /// - Returns: why it fails; `nil` when all is well.
    let run: @Sendable () async -> String?

    /// Makes a check of one's own.
    ///
    /// - Parameter run: looks once, and answers why it fails; `nil` when all is well.
    public init(
        name: String,
        interval: Duration = .seconds(10),
        threshold: Int = 1,
        run: @escaping @Sendable () async -> String?
    ) {
        self.name = name
        // A check without a pause would be a load of its own.
        self.interval = interval > .zero ? interval : .seconds(10)
        self.threshold = threshold
        self.run = run
    }

    /// Looks at the store's root (`health.storagedriver`). A root that isn't there is well: the store answers, and is
    /// empty.
    ///
    /// - Parameter type: the driver's name in the configuration.
    public static func storage(
        _ driver: any StorageDriver,
        type: String,
        interval: Duration = .seconds(10),
        threshold: Int = 1
    ) -> HealthCheck {
        HealthCheck(name: "storagedriver_\(type)", interval: interval, threshold: threshold) {
            do throws(StorageError) {
                _ = try await driver.metadata(at: .root)
                return nil
            } catch {
                return error.code == .notFound ? nil : "\(error)"
            }
        }
    }

    /// Writes a small object into the store and takes it away: a full disk, or one that can't be written, shows by that.
    ///
    /// Requests are not refused while it fails: what is there can be pulled, and a push is answered with what is wrong.
    ///
    /// - Parameter type: the driver's name in the configuration.
    public static func storageWrite(
        _ driver: any StorageDriver,
        type: String,
        interval: Duration = .seconds(10),
        threshold: Int = 1
    ) -> HealthCheck {
        let probe = StorageProbe(driver)
        var check = HealthCheck(name: "storagedriver_\(type)_write", interval: interval, threshold: threshold) {
            do throws(StorageError) {
                try await probe.write()
                return nil
            } catch {
                return "\(error)"
            }
        }
        check.refusesRequests = false
        return check
    }

    /// Fails while a file exists (`health.file`).
    ///
    /// - Parameter pool: where the system is asked.
    public static func file(_ path: String, interval: Duration = .seconds(10), pool: NIOThreadPool) -> HealthCheck {
        HealthCheck(name: path, interval: interval) {
            do {
                return try await pool.runIfActive {
                    var status = stat()
                    if stat(path, &status) == 0 { return "file exists" }
                    return errno == ENOENT || errno == ENOTDIR ? nil : "stat \(path): error \(errno)"
                }
            } catch {
                return "\(error)"
            }
        }
    }

    /// Asks a server for a head, and wants one status (`health.http`).
    ///
    /// - Parameters:
    ///   - timeout: how long the answer may take; zero means the interval's length, since every wait has an end.
    public static func http(
        _ uri: String,
        status: Int = 200,
        headers: [(name: String, value: String)] = [],
        timeout: Duration = .zero,
        interval: Duration = .seconds(10),
        threshold: Int = 1,
        client: HTTPClient
    ) -> HealthCheck {
        HealthCheck(name: uri, interval: interval, threshold: threshold) {
            var request = HTTPClientRequest(url: uri)
            request.method = .HEAD
            for header in headers { request.headers.add(name: header.name, value: header.value) }
            do {
                let limit = timeout > .zero ? timeout : max(interval, .seconds(1))
                let response = try await client.execute(request, timeout: .init(limit))
                guard Int(response.status.code) == status else {
                    return "\(uri): downstream service returned unexpected status: \(response.status.code)"
                }
                return nil
            } catch {
                return "\(uri): error while checking: \(error)"
            }
        }
    }

    /// Connects to a server, and closes (`health.tcp`).
    ///
    /// - Parameters:
    ///   - name: the address as it was configured.
    ///   - timeout: how long connecting may take; zero means ten seconds, since every wait has an end.
    public static func tcp(
        name: String,
        host: String,
        port: Int,
        timeout: Duration = .zero,
        interval: Duration = .seconds(10),
        threshold: Int = 1,
        group: any EventLoopGroup
    ) -> HealthCheck {
        HealthCheck(name: name, interval: interval, threshold: threshold) {
            do {
                let channel = try await ClientBootstrap(group: group)
                    .connectTimeout(.init(timeout > .zero ? timeout : .seconds(10)))
                    .connect(host: host, port: port).get()
                try? await channel.close()
                return nil
            } catch {
                return "\(name): connection failed: \(error)"
            }
        }
    }
}
