public import RegistryCore
public import ServiceLifecycle

/// Removes the folders that ended uploads have left for others to begin with, a moment after they were left, and all of
/// them when the server has stopped.
public struct SpareUploadService: Service {
    /// How long a folder is kept, in seconds.
    private static let patience: Int64 = 2

    private let registry: Registry

    /// Makes the service.
    ///
    /// - Parameter registry: a registry that was made with ``/RegistryCore/SpareUploads``.
    public init(registry: Registry) { self.registry = registry }

    /// Removes them until the service is stopped.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(1))
                // The store may be away; what stays goes as abandoned uploads do.
                try? await registry.removeSpareUploads(unusedFor: Self.patience)
            }
        }
        try? await registry.removeSpareUploads(unusedFor: 0)
    }
}
