/// An answer as a test sees it: exactly what came over the wire.
public struct TestResponse: Sendable {
    /// The status, such as 200.
    public var status: Int
    /// The header fields in the order in which they came.
    public var headers: TestHeaders
    /// The content, without its transfer coding.
    public var body: [UInt8]

    /// The content as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Makes an answer.
    public init(status: Int, headers: TestHeaders, body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The header fields of an answer.
public struct TestHeaders: Sendable, CustomStringConvertible {
    /// The names and values, in order and as they were sent.
    public var fields: [(name: String, value: String)]

    /// Makes a list of fields.
    public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    /// The first value of a field; `nil` when it does not occur. The name's case does not matter.
    public subscript(_ name: String) -> String? { values(name).first }

    /// Every value of a field, in order.
    public func values(_ name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The fields, one a line.
    public var description: String { fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}

/// Why a test's client got no answer.
public enum WireError: Error, Equatable {
    /// Nothing came within the time allowed.
    case timedOut
    /// The server closed the connection before an answer was complete; what had come by then.
    case closed(received: [UInt8])
    /// The connection was reset.
    case reset
    /// The answer is not HTTP.
    case malformed(String)
}
