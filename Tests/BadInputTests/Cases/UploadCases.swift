/// Uploads out of order, of others, and with a state that is not theirs.
enum UploadCases {
    static let all: [BadRequest] = order + states + identifiers + contents

    private static let layer = Image.digest(of: Image.layer)
    private static let stream = ["Content-Type: application/octet-stream"]
    private static let unknown = "/v2/good/image/blobs/uploads/6ba7b810-9dad-41d1-80b4-00c04fd430c8"

    private static let order: [BadRequest] = [
        .request("PUT before POST", "PUT", "\(unknown)?digest=\(layer)", stream, body: Image.layer, gone),
        .request("PATCH before POST", "PATCH", unknown, stream, body: Image.layer, gone),
        .request("status before POST", "GET", unknown, gone),
        .request("head before POST", "HEAD", unknown, gone),
        .request("cancel before POST", "DELETE", unknown, gone),
        .request("PATCH after PUT", "PATCH", "{upload}?_state={state}", stream, body: Image.layer, gone, stage: .finishedUpload),
        .request(
            "PUT twice", "PUT", "{upload}?_state={state}&digest=\(layer)", stream, body: Image.layer, gone,
            stage: .finishedUpload),
        .request("status after PUT", "GET", "{upload}?_state={state}", gone, stage: .finishedUpload),
        .request("cancel after PUT", "DELETE", "{upload}?_state={state}", gone, stage: .finishedUpload),
        .request("PATCH after cancel", "PATCH", "{upload}?_state={state}", stream, body: [1], gone, stage: .cancelledUpload),
        .request("PUT after cancel", "PUT", "{upload}?_state={state}&digest=\(layer)", body: [], gone, stage: .cancelledUpload),
        .request("cancel twice", "DELETE", "{upload}?_state={state}", gone, stage: .cancelledUpload),
        .request("PUT without digest", "PUT", "{upload}?_state={state}", stream, body: Image.layer, noDigest, stage: .upload),
        .request("PUT with an empty digest", "PUT", "{upload}?_state={state}&digest=", stream, body: [], noDigest, stage: .upload),
        .request("PUT with a digest's name only", "PUT", "{upload}?_state={state}&digest", stream, body: [], noDigest, stage: .upload),
        .request("PUT with Digest in capitals", "PUT", "{upload}?_state={state}&DIGEST=\(layer)", body: [], noDigest, stage: .upload),
        .request("PUT with another's digest", "PUT", "{upload}?_state={state}&digest=\(Image.absent)", body: [], noDigest)
            .on(.upload, mayChangeUpload: true),
        .request("PUT of nothing with a digest", "PUT", "{upload}?_state={state}&digest=\(layer)", body: [], noDigest)
            .on(.emptyUpload, mayChangeUpload: true),
        .request("POST to an upload", "POST", "{upload}?_state={state}", body: [], .status(405, "UNSUPPORTED"), stage: .upload),
        .request("GET of the uploads", "GET", "/v2/good/image/blobs/uploads/", .refusal),
        .request("PUT to the uploads", "PUT", "/v2/good/image/blobs/uploads/?digest=\(layer)", body: Image.layer, .refusal),
        .request("PATCH to the uploads", "PATCH", "/v2/good/image/blobs/uploads/", body: Image.layer, .refusal),
        .request("POST with another's digest", "POST", "/v2/good/image/blobs/uploads/?digest=\(Image.absent)", stream,
            body: Image.layer, noDigest),
        .request("POST of nothing with a digest", "POST", "/v2/good/image/blobs/uploads/?digest=\(layer)", body: [], noDigest),
        .request("POST with an unknown algorithm", "POST", "/v2/good/image/blobs/uploads/?digest-algorithm=md5", body: [], noDigest),
    ]

    private static let gone = BadRequest.Expected.status(404, "BLOB_UPLOAD_UNKNOWN")
    private static let noDigest = BadRequest.Expected.status(400, "DIGEST_INVALID")
    private static let foreign = BadRequest.Expected.status(404, "BLOB_UPLOAD_INVALID")

    /// What stands in `_state`; each is tried with the three methods that take it.
    private static let states: [BadRequest] = [
        ("garbage", "garbage"), ("no base64", "%21%22%23"), ("padding only", "===="), ("a NUL", "%00"),
        ("a JSON without a code", "eyJOYW1lIjoiZ29vZC9pbWFnZSJ9"), ("a broken escape", "%zz"),
        ("32 bytes of zero", String(repeating: "A", count: 43) + "="),
        ("zeros before a JSON", String(repeating: "A", count: 43) + "eyJOYW1lIjoiYSJ9"),
        ("a state that is cut", "{state}".replacing("}", with: "}") + "%2e%2e"),
        ("letters beyond ASCII", "%E4%B8%AD"), ("7,000 letters", String(repeating: "A", count: 7000)),
        ("a state with a letter before", "A{state}"), ("a state twice", "{state}{state}"),
        ("a space", "%20"), ("dots", "..%2f..%2f"),
    ].flatMap { (label: String, state: String) -> [BadRequest] in
        [
            .request("state of \(label): PATCH", "PATCH", "{upload}?_state=\(state)", stream, body: [1], foreign, stage: .upload),
            .request(
                "state of \(label): PUT", "PUT", "{upload}?_state=\(state)&digest=\(layer)", body: [], foreign, stage: .upload),
            .request("state of \(label): DELETE", "DELETE", "{upload}?_state=\(state)", foreign, stage: .upload),
        ]
    }

    private static let identifiers: [BadRequest] = [
        .request(
            "another's state", "PATCH", "\(unknown)?_state={state}", stream, body: [1], .status(404), stage: .upload),
        .request(
            "upload of another repository", "PATCH", "/v2/other/image/blobs/uploads/{id}", stream, body: [1],
            .status(404), stage: .upload),
        .request(
            "upload of another repository, with its state", "PUT",
            "/v2/other/image/blobs/uploads/{id}?_state={state}&digest=\(layer)", body: [], .status(404), stage: .upload),
        .request(
            "upload of another repository to cancel", "DELETE", "/v2/other/image/blobs/uploads/{id}", .status(404),
            stage: .upload),
        .request("upload in capitals", "GET", "/v2/good/image/blobs/uploads/6BA7B810-9DAD-41D1-80B4-00C04FD430C8", gone),
        .request("upload of one letter", "GET", "/v2/good/image/blobs/uploads/a", .status(404)),
        .request("upload of 129 letters", "GET", "/v2/good/image/blobs/uploads/" + String(repeating: "a", count: 129), .status(404)),
        .request("upload of 4,000 letters", "PATCH", "/v2/good/image/blobs/uploads/" + String(repeating: "a", count: 4000),
            body: [1], .status(404)),
        .request("upload beyond ASCII", "GET", "/v2/good/image/blobs/uploads/%E4%B8%AD", .status(404)),
        .request("upload with a NUL", "DELETE", "/v2/good/image/blobs/uploads/a%00b", .status(404)),
        .request("upload with a line end", "GET", "/v2/good/image/blobs/uploads/a%0d%0aX:1", .status(404)),
        .request("upload with a space", "GET", "/v2/good/image/blobs/uploads/a%20b", .status(404)),
        .request("upload with a slash behind", "GET", "/v2/good/image/blobs/uploads/{id}%2fdata", .status(404), stage: .upload),
        .request("upload's own start file", "GET", "/v2/good/image/blobs/uploads/{id}/startedat", .refusal, stage: .upload),
        .request("upload's own states", "DELETE", "/v2/good/image/blobs/uploads/{id}/hashstates", .refusal, stage: .upload),
    ]

    private static let contents: [BadRequest] = [
        .request("PATCH of a body that ends early", "PATCH", "{upload}?_state={state}", stream + ["Content-Length: 100"], .refusal)
            .on(.upload, mayChangeUpload: true).thenEnd(),
        .request("PUT of a body that ends early", "PUT", "{upload}?_state={state}&digest=\(layer)", ["Content-Length: 100"], .refusal)
            .on(.upload, mayChangeUpload: true).thenEnd(),
        .request("POST of a body that ends early", "POST", "/v2/good/image/blobs/uploads/?digest=\(layer)",
            ["Content-Length: 100"], .refusal).thenEnd(),
        .request("PATCH with a second digest", "PUT", "{upload}?_state={state}&digest=\(Image.absent)&digest=\(layer)",
            body: [], noDigest).on(.upload, mayChangeUpload: true),
    ]
}
