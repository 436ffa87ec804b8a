public import NIOCore

extension Manifest {
    /// Parses and checks what a client sends.
    ///
    /// Checked are the length, the JSON, `schemaVersion`, the type, that members of an image and of an index do not
    /// meet, and each descriptor. Not checked is what needs a store or a configuration: whether content exists
    /// (``references``) and which URLs are allowed (``checkURLs(against:)``).
    ///
    /// `null` and absent are the same, and `layers` may be absent, as the replaced server has it. An `artifactType` is
    /// not demanded of a manifest whose configuration is the empty one, though the image specification demands it of
    /// its writer: the replaced server accepts such manifests and clients have pushed them.
    ///
    /// - Parameters:
    ///   - bytes: the request's body.
    ///   - mediaType: the request's `Content-Type`; `nil` to go by the body, by its `mediaType` or else by its members.
    ///   - limits: what it may cost.
    /// - Throws: ``ManifestError``.
    public init(
        parsing bytes: ByteBuffer,
        mediaType declared: MediaType?,
        limits: ManifestLimits = .default
    ) throws(ManifestError) {
        guard bytes.readableBytes <= limits.bytes else {
            throw .tooLarge(bytes: bytes.readableBytes, limit: limits.bytes)
        }
        if declared == .dockerSchema1 || declared == .dockerSchema1Signed { throw .schema1 }
        let object = try Self.object(in: bytes, limits: limits.json, declared: declared)
        if Self.looksLikeSchema1(object) { throw .schema1 }
        if let declared, !declared.isManifest { throw .unsupportedMediaType(declared.description) }
        try ManifestNames.manifest.check(object, at: "the manifest")
        let mediaType = try Self.type(of: object, declared: declared)
        guard object["schemaVersion"] == .integer(2) else { throw .invalid("schemaVersion is not 2") }
        try Self.checkShape(of: object, mediaType: mediaType)
        self = try ManifestReader(object: object, limits: limits).manifest(bytes: bytes, mediaType: mediaType)
    }

    private static func object(
        in bytes: ByteBuffer,
        limits: JSONLimits,
        declared: MediaType?
    ) throws(ManifestError) -> JSONObject {
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes, limits: limits) } catch {
            // A body of a type that isn't a manifest's need not be JSON, so its type is what is wrong.
            if let declared, !declared.isManifest { throw .unsupportedMediaType(declared.description) }
            throw .notJSON(error)
        }
        guard let object = json.object else { throw .invalid("it is \(json.kind), not an object") }
        return object
    }

    /// Whether a manifest is one of schema 1, which old clients send as `application/json` or with no type.
    private static func looksLikeSchema1(_ object: JSONObject) -> Bool {
        if object["schemaVersion"] == .integer(1) { return true }
        return object["fsLayers"] != nil && object["config"] == nil && object["manifests"] == nil
    }

    /// The manifest's type, where what the request says and what the manifest says agree.
    private static func type(of object: JSONObject, declared: MediaType?) throws(ManifestError) -> MediaType {
        let found = try ManifestFields(object).string("mediaType", at: { "" })
        guard let declared else {
            guard let found else {
                guard let type = typeByShape(of: object) else {
                    throw .invalid("it has neither a mediaType nor the members of an image manifest or of an index")
                }
                return type
            }
            guard let type = MediaType(found), type.description == found, type.isManifest else {
                if found == MediaType.dockerSchema1.description || found == MediaType.dockerSchema1Signed.description {
                    throw .schema1
                }
                throw .unsupportedMediaType(found)
            }
            return type
        }
        let mayLackOne = declared == .ociManifest || declared == .ociIndex
        guard found == declared.description || (found == nil && mayLackOne) else {
            throw .mediaTypeMismatch(declared: declared, found: found)
        }
        return declared
    }

    /// The type of a manifest that does not say one, by the rule of the replaced server.
    static func typeByShape(of object: JSONObject) -> MediaType? {
        if object["manifests"] != nil { return .ociIndex }
        return object["config"] != nil || object["layers"] != nil ? .ociManifest : nil
    }

    /// Refuses a manifest that another reader could take for one of another type.
    private static func checkShape(of object: JSONObject, mediaType: MediaType) throws(ManifestError) {
        let foreign =
            mediaType.isIndex ? ["config", "layers", "fsLayers", "blobs"] : ["manifests", "fsLayers", "blobs"]
        for name in foreign where object[name] != nil {
            throw .invalid("\(mediaType.isIndex ? "an index" : "an image manifest") can't have the member \(name)")
        }
        // Go's encoder writes `null` for an empty list, so the name has to stand there, but not a list.
        if mediaType.isIndex, !object.members.contains(where: { $0.name == "manifests" }) {
            throw .invalid("manifests is missing")
        }
        if mediaType.isImageManifest, object["config"] == nil { throw .invalid("config is missing") }
    }
}

/// Reads the members of a manifest whose type is known.
private struct ManifestReader {
    let object: JSONObject
    let limits: ManifestLimits

    private var fields: ManifestFields { ManifestFields(object) }

    func manifest(bytes: ByteBuffer, mediaType: MediaType) throws(ManifestError) -> Manifest {
        let artifactType = try fields.string("artifactType", at: { "" })
        if let artifactType, MediaType(artifactType) == nil {
            throw .invalid("artifactType '\(artifactType.prefix(100))' is not a media type")
        }
        let manifest = Manifest(
            bytes: bytes,
            mediaType: mediaType,
            config: try descriptor("config"),
            layers: try descriptors("layers", limit: limits.layers),
            manifests: try descriptors("manifests", limit: limits.children),
            subject: try descriptor("subject"),
            artifactType: artifactType,
            annotations: try fields.stringMap("annotations", at: { "" })
        )
        for (index, layer) in manifest.layers.enumerated() where layer.mediaType == .dockerForeignLayer {
            guard !layer.urls.isEmpty else { throw .invalid("layers[\(index)] is a foreign layer without urls") }
        }
        return manifest
    }

    private func descriptor(_ name: String) throws(ManifestError) -> Descriptor? {
        guard let value = object[name] else { return nil }
        return try checkedDescriptor(value, at: name)
    }

    private func descriptors(_ name: String, limit: Int) throws(ManifestError) -> [Descriptor] {
        let values = try fields.array(name, at: { "" })
        guard values.count <= limit else { throw .tooManyEntries(list: name, count: values.count, limit: limit) }
        var descriptors: [Descriptor] = []
        descriptors.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            descriptors.append(try checkedDescriptor(value, at: "\(name)[\(index)]"))
        }
        return descriptors
    }

    private func checkedDescriptor(
        _ value: JSONValue,
        at place: @autoclosure () -> String
    ) throws(ManifestError) -> Descriptor {
        if let object = value.object { try ManifestNames.descriptor.check(object, at: place()) }
        return try Descriptor(json: value, at: place())
    }
}
