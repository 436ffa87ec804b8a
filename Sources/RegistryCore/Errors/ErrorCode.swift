/// The code of an error in an answer's body.
///
/// The codes are those of the [OCI distribution specification, *Error codes*](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes)
/// and the ones that the replaced server adds; the status and the message of each are that server's.
public enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    /// An error that no other code tells.
    case unknown = "UNKNOWN"
    /// The operation is not supported, or not enabled here.
    case unsupported = "UNSUPPORTED"
    /// Nobody is logged in, or the credentials do not hold.
    case unauthorized = "UNAUTHORIZED"
    /// The caller may not do this.
    case denied = "DENIED"
    /// The registry can't answer now.
    case unavailable = "UNAVAILABLE"
    /// The caller must wait.
    case tooManyRequests = "TOOMANYREQUESTS"
    /// A digest is malformed or does not match the content.
    case digestInvalid = "DIGEST_INVALID"
    /// A length does not match the content.
    case sizeInvalid = "SIZE_INVALID"
    /// A chunk does not start where the upload stands.
    case rangeInvalid = "RANGE_INVALID"
    /// A repository's name breaks the grammar.
    case nameInvalid = "NAME_INVALID"
    /// A tag breaks the grammar.
    case tagInvalid = "TAG_INVALID"
    /// There is no such repository.
    case nameUnknown = "NAME_UNKNOWN"
    /// There is no such manifest.
    case manifestUnknown = "MANIFEST_UNKNOWN"
    /// A manifest does not hold what its media type demands.
    case manifestInvalid = "MANIFEST_INVALID"
    /// A signed manifest's signature does not hold.
    case manifestUnverified = "MANIFEST_UNVERIFIED"
    /// A manifest refers to content that the repository does not have.
    case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
    /// There is no such blob.
    case blobUnknown = "BLOB_UNKNOWN"
    /// There is no such upload.
    case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
    /// An upload can't go on as the request asks.
    case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
    /// The number of results asked for is not a number, or out of bounds.
    case paginationNumberInvalid = "PAGINATION_NUMBER_INVALID"

    /// The status that an answer with this code has, unless the error says otherwise.
    public var status: Int {
        switch self {
        case .unknown: 500
        case .unsupported: 405
        case .unauthorized: 401
        case .denied: 403
        case .unavailable: 503
        case .tooManyRequests: 429
        case .rangeInvalid: 416
        case .digestInvalid, .sizeInvalid, .nameInvalid, .tagInvalid, .manifestInvalid, .manifestUnverified,
            .manifestBlobUnknown, .paginationNumberInvalid:
            400
        case .nameUnknown, .manifestUnknown, .blobUnknown, .blobUploadUnknown, .blobUploadInvalid: 404
        }
    }

    /// The message that the replaced server gives with this code; scripts look for it.
    public var message: String {
        switch self {
        case .unknown: "unknown error"
        case .unsupported: "The operation is unsupported."
        case .unauthorized: "authentication required"
        case .denied: "requested access to the resource is denied"
        case .unavailable: "service unavailable"
        case .tooManyRequests: "too many requests"
        case .digestInvalid: "provided digest did not match uploaded content"
        case .sizeInvalid: "provided length did not match content length"
        case .rangeInvalid: "invalid content range"
        case .nameInvalid: "invalid repository name"
        case .tagInvalid: "manifest tag did not match URI"
        case .nameUnknown: "repository name not known to registry"
        case .manifestUnknown: "manifest unknown"
        case .manifestInvalid: "manifest invalid"
        case .manifestUnverified: "manifest failed signature verification"
        case .manifestBlobUnknown, .blobUnknown: "blob unknown to registry"
        case .blobUploadUnknown: "blob upload unknown to registry"
        case .blobUploadInvalid: "blob upload invalid"
        case .paginationNumberInvalid: "invalid number of results requested"
        }
    }
}
