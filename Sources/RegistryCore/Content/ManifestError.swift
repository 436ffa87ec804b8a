/// Why bytes are not a manifest that the registry accepts.
public enum ManifestError: Error, Sendable, Hashable {
    /// The manifest is longer than `limit` bytes.
    case tooLarge(bytes: Int, limit: Int)
    /// The bytes are not a JSON text that means one thing only.
    case notJSON(JSONError)
    /// The content is not of a type that is stored as a manifest.
    case unsupportedMediaType(String)
    /// The manifest is one of Docker's schema 1.
    case schema1
    /// The request says another type than the manifest.
    case mediaTypeMismatch(declared: MediaType, found: String?)
    /// A list has more than `limit` entries.
    case tooManyEntries(list: String, count: Int, limit: Int)
    /// A URL of a layer is not one that the registry's configuration allows.
    case urlNotAllowed(String)
    /// A member is missing or holds what it must not; the text says which and why.
    case invalid(String)
}

extension ManifestError {
    /// The answer to a client that sent the manifest: `MANIFEST_INVALID`, with status 413 for one that is too large.
    public var registryError: RegistryError {
        let status: Int? =
            switch self {
            case .tooLarge: 413
            default: nil
            }
        return RegistryError(.manifestInvalid, message: description, status: status, cause: self)
    }
}

extension ManifestError: CustomStringConvertible {
    /// What is wrong, and what to do about it where that helps.
    public var description: String {
        switch self {
        case .tooLarge(let bytes, let limit):
            "the manifest has \(bytes) bytes, which is more than the \(limit) that are accepted"
        case .notJSON(let error): "the manifest is not valid: \(error)"
        case .unsupportedMediaType(let type):
            "unsupported manifest media type '\(type.prefix(200))': expected an OCI image manifest or index, "
                + "or a Docker manifest of schema 2 or manifest list"
        case .schema1:
            "manifests of Docker's schema 1 are no longer supported: push the image again with a current client "
                + "(Docker 1.10 or later, or any OCI client)"
        case .mediaTypeMismatch(let declared, let found?):
            "the manifest was sent as '\(declared)' but its mediaType is '\(found.prefix(200))'"
        case .mediaTypeMismatch(let declared, nil):
            "the manifest was sent as '\(declared)', which demands that its mediaType is the same, but it has none"
        case .tooManyEntries(let list, let count, let limit):
            "\(list) has \(count) entries, which is more than the \(limit) that are accepted"
        case .urlNotAllowed(let url):
            "the URL '\(url.prefix(200))' of a layer is not allowed here: it must be http or https without a fragment, "
                + "and match validation.manifests.urls of the registry's configuration"
        case .invalid(let problem): "the manifest is not valid: \(problem)"
        }
    }
}
