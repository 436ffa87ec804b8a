internal import HTTPTypes
internal import NIOCore
public import RegistryCore

extension Response {
    /// The answer to a refusal: the specification's
    /// [error body](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes) and its status.
    package init(_ error: RegistryError) {
        var body = ByteBuffer()
        body.writeString(#"{"errors":["#)
        for (position, entry) in error.entries.enumerated() {
            if position > 0 { body.writeString(",") }
            body.writeString(#"{"code":"#)
            body.writeJSONString(entry.code.rawValue)
            body.writeString(#","message":"#)
            body.writeJSONString(entry.message)
            if let detail = entry.detail {
                body.writeString(#","detail":"#)
                body.write(detail)
            }
            body.writeString("}")
        }
        body.writeString("]}\n")
        self.init(
            HTTPResponse.Status(code: error.status),
            headers: [.contentType: "application/json"],
            body: .bytes(body)
        )
        if error.code == .tooManyRequests || error.status == 503 { headers[.retryAfter] = "1" }
    }
}

extension RegistryError {
    /// The answer to a failure of the store: what an operator must mend is told apart from what passes.
    init(_ error: StorageError) {
        let detail = Self.detail(of: error)
        switch error.code {
        case .noSpace:
            self.init(.denied, message: "the registry's storage is full", detail: detail, status: 507, cause: error)
        case .readOnly:
            self.init(
                .unavailable,
                message: "the registry's storage can't be written",
                detail: detail,
                cause: error
            )
        case .unavailable:
            self.init(
                .unavailable,
                message: "the registry's storage does not answer; try again",
                detail: detail,
                cause: error
            )
        case .failed:
            // A disk that fails now may be well when it is asked again, or another replica's is: clients try that.
            self.init(.unavailable, message: "the registry's storage failed", detail: detail, cause: error)
        case .closed:
            // Only an upload's writer is closed under its user: another replica ended the upload, or went on with it.
            self.init(.blobUploadUnknown, message: "the upload was ended by another request", cause: error)
        case .notFound, .wrongKind, .tooLarge:
            self.init(.unknown, message: "the registry's storage failed", cause: error)
        }
    }

    /// Which operation failed, and why, where a system call did: `{"operation":"pwrite","reason":"Input/output error"}`.
    /// Other messages may name what is nobody's business outside, such as paths and hosts; they are in the log.
    private static func detail(of error: StorageError) -> ErrorDetail? {
        let parts = error.message.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let operation = parts.first, (1...32).contains(operation.utf8.count),
            operation.utf8.allSatisfy({
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
            })
        else { return nil }
        let reason = String(parts[1].drop { $0 == " " })
        // The system's reasons are words; `Input/output error` is the one with a slash.
        guard reason.utf8.count <= 64, !reason.contains("//"), !reason.hasPrefix("/"), !reason.contains(" /") else {
            return .fields([.init("operation", String(operation))])
        }
        return .fields([.init("operation", String(operation)), .init("reason", reason)])
    }

    /// The answer to any error that a use case throws: a refusal as it is, a failing store and a broken body as their
    /// statuses, all else as `UNKNOWN`.
    public init(wrapping error: any Error) {
        switch error {
        case let error as RegistryError: self = error
        case let error as StorageError: self.init(error)
        case RequestBodyError.timedOut:
            self.init(.blobUploadInvalid, message: "the request's body did not arrive in time", status: 408)
        case RequestBodyError.disconnected:
            // Nobody reads it; the status is the one that the replaced server logs.
            self.init(.blobUploadInvalid, message: "the client closed the connection", status: 499)
        case RequestBodyError.malformed:
            self.init(.blobUploadInvalid, message: "the request's body is not well framed", status: 400)
        case is CancellationError:
            self.init(.unavailable, message: "the registry is stopping", cause: error)
        default:
            self.init(.unknown, cause: error)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ detail: ErrorDetail) {
        switch detail {
        case .text(let text): writeJSONString(text)
        case .fields(let fields): write(fields)
        case .list(let list):
            writeString("[")
            for (position, fields) in list.enumerated() {
                if position > 0 { writeString(",") }
                write(fields)
            }
            writeString("]")
        }
    }

    private mutating func write(_ fields: [ErrorDetail.Field]) {
        writeString("{")
        var isFirst = true
        for field in fields {
            writeJSONName(field.name, isFirst: &isFirst)
            writeJSONString(field.value)
        }
        writeString("}")
    }
}
