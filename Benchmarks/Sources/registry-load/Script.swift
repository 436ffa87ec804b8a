import NIOCore

/// What an operation is counted as.
enum OperationKind: Int, CaseIterable {
    case pull, push, image

    var name: String { "\(self)" }
}

/// One operation: the requests it consists of, each made from the answer to the one before.
protocol Script {
    var kind: OperationKind { get }
    /// The next request, or `nil` when the operation is done. `answer` has passed the last request's expectation.
    mutating func next(after answer: Answer?) throws(LoadError) -> LoadRequest?
}

/// A pull of content that is there.
struct PullScript: Script {
    var kind: OperationKind { .pull }
    let request: LoadRequest

    mutating func next(after answer: Answer?) -> LoadRequest? {
        answer == nil ? request : nil
    }
}

/// A push of a blob: POST and PUT, or POST, PATCH for each chunk and PUT.
struct PushScript: Script {
    var kind: OperationKind { .push }
    let blob: Blob
    let chunk: Int?
    let repository: String
    private var sent = 0
    private var finished = false

    init(blob: Blob, chunk: Int?, repository: String) {
        self.blob = blob
        self.chunk = chunk
        self.repository = repository
    }

    mutating func next(after answer: Answer?) throws(LoadError) -> LoadRequest? {
        guard !finished else { return nil }
        guard let answer else {
            return LoadRequest(
                method: "POST",
                target: "/v2/\(repository)/blobs/uploads/",
                expectation: Expectation(status: 202, location: true)
            )
        }
        guard let location = answer.location else { throw LoadError("no Location") }
        let target = pathAndQuery(location)
        if let chunk, sent < blob.size {
            let length = min(chunk, blob.size - sent)
            defer { sent += length }
            return LoadRequest(
                method: "PATCH",
                target: target,
                fields: [
                    ("Content-Type", "application/octet-stream"), ("Content-Range", "\(sent)-\(sent + length - 1)"),
                ],
                body: Body(of: blob, from: sent, length: length),
                expectation: Expectation(status: 202, location: true)
            )
        }
        finished = true
        return LoadRequest(
            method: "PUT",
            target: "\(target)\(target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")digest=\(blob.digest)",
            fields: [("Content-Type", "application/octet-stream")],
            body: chunk == nil ? Body(of: blob) : .none,
            expectation: Expectation(status: 201)
        )
    }

    /// What the request line needs of a `Location`, which may name the server too.
    private func pathAndQuery(_ location: String) -> String {
        guard !location.hasPrefix("/"), let scheme = location.firstRange(of: "://") else { return location }
        return location[scheme.upperBound...].firstIndex(of: "/").map { String(location[$0...]) } ?? "/"
    }
}

/// A push of an image: each layer, the configuration, the manifest by tag.
struct ImageScript: Script {
    var kind: OperationKind { .image }
    private let blobs: [Blob]
    private let repository: String
    private let tag: String
    private var current: PushScript
    private var position = 0
    private var finished = false

    /// The last of the blobs is the configuration.
    init(blobs: [Blob], repository: String, tag: String) {
        self.blobs = blobs
        self.repository = repository
        self.tag = tag
        current = PushScript(blob: blobs[0], chunk: nil, repository: repository)
    }

    mutating func next(after answer: Answer?) throws(LoadError) -> LoadRequest? {
        guard !finished else { return nil }
        if let request = try current.next(after: answer) { return request }
        position += 1
        if position < blobs.count {
            current = PushScript(blob: blobs[position], chunk: nil, repository: repository)
            return try current.next(after: nil)
        }
        finished = true
        return LoadRequest(
            method: "PUT",
            target: "/v2/\(repository)/manifests/\(tag)",
            fields: [("Content-Type", Self.manifestType)],
            body: Body(ByteBuffer(string: manifest)),
            expectation: Expectation(status: 201)
        )
    }

    private static let manifestType = "application/vnd.oci.image.manifest.v1+json"

    private var manifest: String {
        let layers = blobs.dropLast().map {
            #"{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#($0.digest)","size":\#($0.size)}"#
        }
        let config = blobs[blobs.count - 1]
        return #"{"schemaVersion":2,"mediaType":"\#(Self.manifestType)","config":{"#
            + #""mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(config.digest)","#
            + #""size":\#(config.size)},"layers":[\#(layers.joined(separator: ","))]}"#
    }
}
