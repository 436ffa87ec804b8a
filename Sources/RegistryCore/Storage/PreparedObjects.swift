/// Small objects that a driver has begun to write, and of which nobody sees anything yet.
public protocol PreparedObjects: Sendable {
    /// Writes them one after the other, and discards a tree, as ``StorageDriver/put(inOrder:discarding:orMovingTo:)`` does.
    ///
    /// - Throws: what that throws. Those before the one that failed may be there; of the others nothing is left.
    func publish(discarding tree: StoragePath?, orMovingTo place: StoragePath?) async throws(StorageError)

    /// Leaves nothing of them, as far as that can be: what a crash would leave may be left.
    func cancel() async
}

/// Objects of which nothing has been written.
public struct UnpreparedObjects: PreparedObjects {
    private let objects: [StoredContent]
    private let driver: any StorageDriver

    /// Keeps objects for a driver.
    public init(_ objects: [StoredContent], for driver: any StorageDriver) {
        self.objects = objects
        self.driver = driver
    }

    /// Writes all of them.
    public func publish(
        discarding tree: StoragePath?,
        orMovingTo place: StoragePath?
    ) async throws(StorageError) {
        try await driver.put(inOrder: objects, discarding: tree, orMovingTo: place)
    }

    /// Nothing.
    public func cancel() async {}
}
