internal import HTTPTypes

extension HTTPField {
    /// What every answer under `/v2/` has.
    static let apiVersion = HTTPField(name: .dockerAPIVersion, value: "registry/2.0")
}

extension HTTPField.Name {
    /// The API's version, on every answer under `/v2/`.
    static let dockerAPIVersion = known("Docker-Distribution-API-Version")
    /// The digest of the content that an answer is about.
    static let dockerContentDigest = known("Docker-Content-Digest")
    /// An upload's identifier.
    static let dockerUploadUUID = known("Docker-Upload-UUID")
    /// The subject that was noted when a manifest was pushed.
    static let ociSubject = known("OCI-Subject")
    /// The tags that were accepted when a manifest was pushed.
    static let ociTag = known("OCI-Tag")
    /// The filters that a list of referrers went through.
    static let ociFiltersApplied = known("OCI-Filters-Applied")
    /// The least length of a chunk but the last.
    static let ociChunkMinLength = known("OCI-Chunk-Min-Length")
    /// Where the list goes on.
    static let link = known("Link")
    static let forwarded = known("Forwarded")
    static let forwardedProto = known("X-Forwarded-Proto")
    static let forwardedHost = known("X-Forwarded-Host")
    static let forwardedPort = known("X-Forwarded-Port")
    static let forwardedPrefix = known("X-Forwarded-Prefix")
    static let forwardedFor = known("X-Forwarded-For")
    static let realIP = known("X-Real-Ip")

    /// What a proxy says about its client.
    static let forwardings = [
        forwarded, forwardedProto, forwardedHost, forwardedPort, forwardedPrefix, forwardedFor, realIP,
    ]

    /// The name of a field that is not in the library's list. Each is a token, which a test checks, so that the
    /// alternative is never taken.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
}
