public import NIOCore

extension Descriptor {
    /// Reads a descriptor.
    ///
    /// The required members are a `mediaType` that is a type, a `digest` and a `size` of zero or more
    /// ([OCI image specification, *Properties*](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties)).
    /// Members that this type does not have are passed over.
    ///
    /// - Throws: ``ManifestError/invalid(_:)``, with the name of the member that is wrong.
    public init(json: JSONValue) throws(ManifestError) {
        try self.init(json: json, at: "descriptor")
    }

    /// Reads a descriptor that stands at a place in a manifest, which messages name.
    init(json: JSONValue, at place: @autoclosure () -> String) throws(ManifestError) {
        guard let object = json.object else { throw .invalid("\(place()) is \(json.kind), not a descriptor") }
        let fields = ManifestFields(object)
        let type = try fields.string("mediaType", at: place)
        guard let mediaType = type.flatMap({ MediaType($0) }) else {
            throw .invalid(
                "\(place()).mediaType \(type.map { "'\($0.prefix(100))' is not a media type" } ?? "is missing")"
            )
        }
        self.init(
            mediaType: mediaType,
            digest: try Self.digest(in: fields, at: place),
            size: try Self.size(in: fields, at: place),
            urls: try fields.strings("urls", at: place),
            annotations: try fields.stringMap("annotations", at: place),
            artifactType: try fields.string("artifactType", at: place),
            platform: try object["platform"].map { (json) throws(ManifestError) in
                try Platform(json: json, at: "\(place()).platform")
            }
        )
    }

    private static func digest(in fields: ManifestFields, at place: () -> String) throws(ManifestError) -> Digest {
        guard let text = try fields.string("digest", at: place) else { throw .invalid("\(place()).digest is missing") }
        do { return try Digest(parsing: text) } catch { throw .invalid("\(place()).digest: \(error)") }
    }

    private static func size(in fields: ManifestFields, at place: () -> String) throws(ManifestError) -> Int64 {
        guard let value = fields.object["size"] else { throw .invalid("\(place()).size is missing") }
        guard let size = value.integer, size >= 0 else {
            throw .invalid("\(place()).size is not an integer of zero or more")
        }
        return size
    }

    /// Writes the descriptor as a JSON object.
    ///
    /// Members without a value are left out; annotations are sorted by name.
    public func write(into buffer: inout ByteBuffer) {
        var isFirst = true
        buffer.writeInteger(UInt8(ascii: "{"))
        buffer.writeJSONName("mediaType", isFirst: &isFirst)
        buffer.writeJSONString(mediaType.description)
        buffer.writeJSONName("digest", isFirst: &isFirst)
        buffer.writeJSONString(digest.description)
        buffer.writeJSONName("size", isFirst: &isFirst)
        buffer.writeString(String(size))
        if !urls.isEmpty {
            buffer.writeJSONName("urls", isFirst: &isFirst)
            buffer.writeJSONStrings(urls)
        }
        if !annotations.isEmpty {
            buffer.writeJSONName("annotations", isFirst: &isFirst)
            buffer.writeJSONObject(annotations)
        }
        if let platform {
            buffer.writeJSONName("platform", isFirst: &isFirst)
            platform.write(into: &buffer)
        }
        if let artifactType {
            buffer.writeJSONName("artifactType", isFirst: &isFirst)
            buffer.writeJSONString(artifactType)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }
}

extension Descriptor.Platform {
    /// Reads a platform; an absent `architecture` or `os` is empty, as build caches and attestations leave them.
    init(json: JSONValue, at place: @autoclosure () -> String) throws(ManifestError) {
        guard let object = json.object else { throw .invalid("\(place()) is \(json.kind), not an object") }
        let fields = ManifestFields(object)
        self.init(
            architecture: try fields.string("architecture", at: place) ?? "",
            os: try fields.string("os", at: place) ?? "",
            variant: try fields.string("variant", at: place),
            osVersion: try fields.string("os.version", at: place),
            osFeatures: try fields.strings("os.features", at: place)
        )
    }

    func write(into buffer: inout ByteBuffer) {
        var isFirst = true
        buffer.writeInteger(UInt8(ascii: "{"))
        for (name, value) in [
            ("architecture", architecture), ("os", os), ("os.version", osVersion ?? ""), ("variant", variant ?? ""),
        ] where !value.isEmpty || name == "architecture" || name == "os" {
            buffer.writeJSONName(name, isFirst: &isFirst)
            buffer.writeJSONString(value)
        }
        if !osFeatures.isEmpty {
            buffer.writeJSONName("os.features", isFirst: &isFirst)
            buffer.writeJSONStrings(osFeatures)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }
}
