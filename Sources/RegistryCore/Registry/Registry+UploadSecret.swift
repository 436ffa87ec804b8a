internal import NIOCore

extension Registry {
    /// The secret by which replicas on one store authenticate what clients carry from one request of an upload to the
    /// next. The first one to ask makes it; it stays in the store.
    ///
    /// - Returns: 32 random bytes, the same for every replica and after every restart.
    /// - Throws: ``StorageError``, when the store can be neither read nor written.
    public func uploadSecret() async throws -> [UInt8] {
        let path = StoreLayout.uploadSecret
        for _ in 0..<3 {
            let content = try await StorageError.ifPresent {
                try await driver.content(at: path, limit: 1024)
            }
            if let content {
                if content.readableBytes >= 32 { return Array(buffer: content) }
                // A secret that was cut short is as good as none.
                try await deleteIfPresent(path)
            }
            var generator = SystemRandomNumberGenerator()
            let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if try await driver.putIfAbsent(ByteBuffer(bytes: secret), at: path) { return secret }
        }
        throw StorageError(.failed, at: path, "the secret changes while it is read")
    }
}
