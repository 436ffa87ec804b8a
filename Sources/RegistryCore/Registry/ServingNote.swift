import Synchronization

/// Whether others can see that this process serves the store: a collection by another process removes at once what nothing
/// refers to where nobody does (``CollectionOptions/removesAtOnceWhereUnserved``), and with it what is being pushed.
///
/// A server writes down that it is there and then looks for such a collection; a collection writes down that it takes the
/// store for unserved and then looks for servers (``CollectionLease``). So one of the two sees the other: the server's
/// pushes wait, and the collection ends.
final class ServingNote: Sendable {
    enum Standing: Sendable, Hashable {
        /// Others can see it until then.
        case seen(until: WallTime)
        /// A collection that takes the store for unserved had not ended then.
        case behind(holder: String, at: WallTime)
    }

    /// The server that serves the store in this process.
    struct Server: Sendable, Hashable {
        var id: UploadID
        var name: String
        var standing = Standing.seen(until: WallTime(seconds: 0))
    }

    /// Held by the one push of many that says it anew.
    let turns = KeyedLock<UploadID>()
    private let state = Mutex<Server?>(nil)

    /// `nil` where no server says so in this process: whoever embeds a registry sees by himself to who collects.
    var server: Server? { state.withLock { $0 } }

    /// From now on pushes wait until the store says that the server is there.
    func expect(_ id: UploadID, named name: String) {
        state.withLock { server in
            guard server?.id != id || server?.name != name else { return }
            server = Server(id: id, name: name)
        }
    }

    func stand(_ standing: Standing) { state.withLock { $0?.standing = standing } }

    /// Nobody serves the store any more.
    func end() { state.withLock { $0 = nil } }
}
