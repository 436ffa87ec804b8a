import Testing

/// A request that no good client sends, and what must come of it.
struct BadRequest: Sendable, CustomTestStringConvertible {
    /// What is wrong with it.
    var name: String
    /// The bytes that are text: request line and fields, and in raw cases more. `{upload}`, `{state}` and `{offset}`
    /// stand for the path, token and size of the upload that ``stage`` prepares.
    var head: String
    /// The bytes that follow.
    var body: [UInt8] = []
    /// What must come of it.
    var expected: Expected
    /// What is prepared before.
    var stage = Stage.nothing
    /// How the bytes are sent.
    var pace = Pace.atOnce
    /// How many good answers come before the one that is judged: the requests before it on the connection.
    var goodAnswersBefore = 0
    /// How many refusals follow the answer that is judged, where what stands behind the request is bad too.
    var refusalsAfter = 0
    /// Whether the upload that ``stage`` prepares may change: what arrived of a body that broke off is kept.
    var mayChangeUpload = false

    var testDescription: String { name }

    /// What is prepared before a request.
    enum Stage: Sendable {
        case nothing
        /// An upload that has no bytes yet.
        case emptyUpload
        /// An upload of five bytes, `hello`.
        case upload
        /// An upload that has ended with a blob.
        case finishedUpload
        /// An upload that was cancelled.
        case cancelledUpload
    }

    /// How bytes are sent.
    enum Pace: Sendable {
        /// At once; the connection stays open.
        case atOnce
        /// At once, and then the sending side is closed.
        case thenEnd
        /// The first bytes at once and the rest one at a time, until the server has answered.
        case dripping(after: Int)
    }

    /// The answer that a request must have.
    enum Expected: Sendable {
        /// One of these statuses, and this code where it is a refusal.
        case status(Set<Int>, code: String? = nil)
        /// Any refusal of the client's fault.
        case refusal
        /// A refusal, or a connection that is closed without a word, which HTTP allows for what is no HTTP.
        case refusalOrClose
        /// Anything but a failure of the server: HTTP lets the server ignore what is wrong.
        case noFailure

        /// A status and a code.
        static func status(_ status: Int, _ code: String? = nil) -> Expected { .status([status], code: code) }
    }
}

extension BadRequest {
    /// A well formed HTTP request whose target or content is bad.
    static func request(
        _ name: String, _ method: String, _ target: String, body: [UInt8]? = nil, _ expected: Expected,
        stage: Stage = .nothing
    ) -> BadRequest {
        request(name, method, target, [], body: body, expected, stage: stage)
    }

    /// A well formed HTTP request whose target, fields or content is bad.
    static func request(
        _ name: String, _ method: String, _ target: String, _ fields: [String], body: [UInt8]? = nil,
        _ expected: Expected, stage: Stage = .nothing
    ) -> BadRequest {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: registry.test\r\n"
        for field in fields { head += field + "\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return BadRequest(name: name, head: head + "\r\n", body: body ?? [], expected: expected, stage: stage)
    }

    /// Bytes that are sent as they are.
    static func raw(
        _ name: String, _ text: String, bytes: [UInt8] = [], _ expected: Expected, pace: Pace = .atOnce
    ) -> BadRequest {
        BadRequest(name: name, head: text, body: bytes, expected: expected, pace: pace)
    }

    /// The same request after an upload was prepared.
    func on(_ stage: Stage, mayChangeUpload: Bool = false) -> BadRequest {
        var copy = self
        copy.stage = stage
        copy.mayChangeUpload = mayChangeUpload || self.mayChangeUpload
        return copy
    }

    /// The same request, and then the sending side is closed.
    func thenEnd() -> BadRequest {
        var copy = self
        copy.pace = .thenEnd
        return copy
    }

    /// The same request behind `count` good ones.
    func after(_ count: Int) -> BadRequest {
        var copy = self
        copy.head = String(repeating: "GET /v2/ HTTP/1.1\r\nHost: registry.test\r\n\r\n", count: count) + head
        copy.goodAnswersBefore = count
        return copy
    }

    /// Whether the target lies in the API, so that its answers carry the API's version.
    var isInAPI: Bool {
        let parts = head.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 && parts[1].hasPrefix("/v2")
    }

    /// Whether the answer has no content because of the method.
    var isHead: Bool { head.hasPrefix("HEAD ") }
}
