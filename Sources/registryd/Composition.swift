import ArgumentParser
import NIOPosix
import RegistryConfiguration
import RegistryCore
import RegistryStorage

/// What a configuration is made of: the libraries' parts, with their settings.
enum Composition {
    /// Keys that are read and checked and change nothing yet. The server starts, and says so.
    private static let inactive = [
        "storage.tag", "middleware", "reporting", "notifications", "redis",
        "compatibility", "policy",
    ]

    /// Keys without which the server would do something else than it was told to, so that it must not start.
    private static let missing = [
        "http.tls.letsencrypt", "proxy", "storage.s3", "storage.s3aws", "storage.gcs", "storage.azure",
    ]

    /// Tells of what is configured and not there yet.
    ///
    /// - Throws: `ExitCode.failure` when the server would be open, or keep its data elsewhere, without it.
    static func checkAvailable(_ configuration: Configuration) throws {
        var inactive = inactive
        // What the cache in memory would keep is kept anyway; one in Redis isn't there yet.
        if configuration.storage.cache == .redis { inactive.append("storage.cache") }
        for key in configuration.keysSet(under: inactive) {
            ConfigurationFile.print("\(key.origin): warning: \(key.path) is not active yet")
        }
        let missing = configuration.keysSet(under: missing)
        for key in missing {
            ConfigurationFile.print("\(key.origin): error: \(key.path) is not available yet, and can't be left out")
        }
        if !missing.isEmpty { throw ExitCode.failure }
    }

    static func driver(
        _ configuration: Configuration,
        files: NIOThreadPool,
        largeFiles: NIOThreadPool? = nil,
        logFlushes: NIOThreadPool? = nil
    ) -> any StorageDriver {
        switch configuration.storage.driver {
        case .filesystem(let parameters):
            FilesystemDriver(
                root: parameters.rootDirectory,
                threadPool: files,
                largeFiles: largeFiles,
                logFlushes: logFlushes,
                writesDirectly: OwnSettings(configuration).writesDirectly
            )
        case .inmemory, .s3, .gcs, .azure: MemoryDriver()
        }
    }
}
