internal import NIOCore
internal import RegistryCore

/// What a client carries from one request of an upload to the next in the `_state` member of its URL: the replaced
/// server's format, so that the replicas of a mixed installation can hand an upload over.
///
/// `base64url(HMAC-SHA256(secret, json) || json)` with `{"Name","UUID","Offset","StartedAt"}`.
struct UploadToken: Hashable {
    var repository: String
    var id: String
    var offset: Int64
    var started: WallTime

    /// The token's text, authenticated with the secret that replicas share.
    func encoded(secret: [UInt8]) -> String {
        var json = ByteBuffer()
        json.writeString(#"{"Name":"#)
        json.writeJSONString(repository)
        json.writeString(#","UUID":"#)
        json.writeJSONString(id)
        json.writeString(#","Offset":\#(offset),"StartedAt":"\#(started.rfc3339)"}"#)
        let message = Array(buffer: json)
        return Base64URL.encode(HMACSHA256(key: secret).code(for: message) + message)
    }

    /// Reads a token.
    ///
    /// - Throws: ``RegistryError`` with `BLOB_UPLOAD_INVALID` when it is not one, or not made with this secret.
    init(parsing text: String, secret: [UInt8]) throws(RegistryError) {
        guard text.utf8.count <= 8192, let bytes = Base64URL.decode(text), bytes.count > HMACSHA256.byteCount else {
            throw Self.refusal("_state is not a token of this registry")
        }
        let (code, message) = (Array(bytes.prefix(HMACSHA256.byteCount)), Array(bytes.dropFirst(HMACSHA256.byteCount)))
        guard HMACSHA256(key: secret).isValid(code, for: message) else {
            throw Self.refusal("_state was made with another http.secret: replicas must share one")
        }
        guard let json = try? JSONValue(parsing: ByteBuffer(bytes: message)), let state = json.object,
            let name = state["Name"]?.string,
            let id = state["UUID"]?.string, let offset = state["Offset"]?.integer, offset >= 0,
            let start = state["StartedAt"]?.string.flatMap({ WallTime(rfc3339: $0) })
        else { throw Self.refusal("_state does not hold an upload's state") }
        repository = name
        self.id = id
        self.offset = offset
        started = start
    }

    init(repository: RepositoryName, status: UploadStatus) {
        self.repository = repository.description
        id = status.id.description
        offset = status.size
        started = status.started
    }

    private static func refusal(_ message: String) -> RegistryError {
        RegistryError(.blobUploadInvalid, message: message)
    }
}
