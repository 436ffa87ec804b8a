import RegistryTesting
import Testing

/// An upload that a bad request is about.
struct StagedUpload: Sendable {
    /// The path, without a query.
    var path: String
    /// The value of `_state`.
    var state: String
    /// How many bytes it has.
    var offset: Int
    /// The upload's identifier.
    var id: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// Prepares what a request is about; `nil` when it is about no upload.
    static func prepare(_ stage: BadRequest.Stage, with client: HTTPTestClient) async throws -> StagedUpload? {
        if case .nothing = stage { return nil }
        var upload = try Self(
            await client.request("POST", "/v2/\(Image.repository)/blobs/uploads/", body: []), offset: 0)
        switch stage {
        case .nothing, .emptyUpload: break
        case .upload:
            upload = try Self(
                await client.request(
                    "PATCH", "\(upload.path)?_state=\(upload.state)",
                    headers: ["Content-Type": "application/octet-stream"], body: "hello"), offset: 5)
        case .finishedUpload:
            let digest = Image.digest(of: Image.layer)
            let ended = try await client.request(
                "PUT", "\(upload.path)?_state=\(upload.state)&digest=\(digest)",
                headers: ["Content-Type": "application/octet-stream"], body: Image.layer)
            try #require(ended.status == 201)
        case .cancelledUpload:
            let ended = try await client.request("DELETE", "\(upload.path)?_state=\(upload.state)")
            try #require(ended.status == 204)
        }
        return upload
    }

    /// Reads where an upload goes on from the answer that began it.
    init(_ answer: TestResponse, offset: Int) throws {
        try #require(answer.status == 202)
        let location = try #require(answer.headers["Location"].flatMap(Image.path))
        let parts = location.split(separator: "?", maxSplits: 1)
        path = String(try #require(parts.first))
        state = parts.count > 1 ? String(parts[1].dropFirst("_state=".count)) : ""
        self.offset = offset
    }

    /// Cancels it, if it is still there.
    func cancel(with client: HTTPTestClient) async throws {
        // The state may be of an earlier size, which the replaced server refuses; the status brings the present one.
        let status = try await client.request("GET", "\(path)?_state=\(state)")
        let place = status.headers["Location"].flatMap(Image.path) ?? "\(path)?_state=\(state)"
        _ = try await client.request("DELETE", place)
    }

    /// A text with this upload's values in it.
    func filling(_ text: String) -> String {
        guard text.contains("{") else { return text }
        return text.replacing("{upload}", with: path).replacing("{state}", with: state)
            .replacing("{id}", with: id).replacing("{offset}", with: String(offset))
    }
}
