import NIOCore

/// What a run does; the same for each event loop.
struct Plan: Sendable {
    var port: Int
    var connections: Int
    var threads: Int
    /// How long operations are started.
    var duration: TimeAmount
    /// How long the end waits for operations that were started or are overdue.
    var grace: TimeAmount
    /// The most operations, over all threads.
    var operations: Int?
    /// Operations a second, over all threads; `nil` for a closed loop.
    var rate: Double?
    /// Whether the connections stay open after the last operation.
    var keepsOpen: Bool
    var transport: Transport
    var work: Work
    var repository: String

    /// Requests for content that is there.
    struct Pulls: Sendable {
        var targets: [String]
        var fields: [(String, String)]
        var head: Bool
        var length: Int?
    }

    /// What one operation is.
    enum Work: Sendable {
        case pull(Pulls)
        case push(size: Int, chunk: Int?)
        case image(layers: Int, size: Int)
        case mixed(Pulls, pushPercent: Int, size: Int)
    }

    /// How many of `total` fall to a thread.
    func share(of total: Int, thread: Int) -> Int {
        total / threads + (thread < total % threads ? 1 : 0)
    }
}

/// How bytes travel.
struct Transport: Sendable {
    var tls: Bool
    var http2: Bool
    /// Whether the content of answers is counted by TLS's records, and not decrypted.
    var countsRecords: Bool
}
