import NIOCore

/// A request, and what its answer must be. An object, since it goes through many hands: to copy its parts each time was a
/// tenth of what a small pull took here.
final class LoadRequest {
    let method: String
    let target: String
    let fields: [(String, String)]
    let body: Body
    let expectation: Expectation
    /// The head as HTTP/1.1 sends it.
    private(set) lazy var head = encodedHead()

    init(
        method: String,
        target: String,
        fields: [(String, String)] = [],
        body: Body = .none,
        expectation: Expectation
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.expectation = expectation
    }

    private func encodedHead() -> ByteBuffer {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for (name, value) in fields {
            text += "\(name):\(value.hasPrefix(" ") ? "" : " ")\(value)\r\n"
        }
        if method != "GET", method != "HEAD" { text += "Content-Length: \(body.length)\r\n" }
        text += "\r\n"
        return ByteBuffer(string: text)
    }
}

/// What an answer must be to count as a success.
struct Expectation {
    var status: Int
    /// The length of the content, or what a HEAD says it is.
    var length: Int?
    /// Whether the next request is made from the answer's `Location`.
    var location = false
}

/// What is known of an answer that has come whole.
struct Answer {
    var status = 0
    /// What `Content-Length` says.
    var declaredLength: Int?
    /// How many bytes of content came.
    var receivedLength = 0
    var location: String?
    /// Whether the server ends the connection after it.
    var closes = false
}

/// Why an operation is not a success; the text is the key under which it is counted.
struct LoadError: Error {
    var text: String
    init(_ text: String) { self.text = text }
}

extension Expectation {
    /// Throws where the answer is not what was asked for, so that an error is never counted as a success.
    func check(_ answer: Answer, isHead: Bool) throws(LoadError) {
        guard answer.status == status else { throw LoadError("status \(answer.status)") }
        if let declared = answer.declaredLength, !isHead, declared != answer.receivedLength {
            throw LoadError("content shorter than declared")
        }
        if let length, length != (isHead ? answer.declaredLength : answer.receivedLength) {
            throw LoadError("content of another length than expected")
        }
        if location, answer.location == nil { throw LoadError("no Location") }
    }
}
