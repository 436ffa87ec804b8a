public import NIOCore

extension Manifest {
    /// Reads a manifest that was accepted before, perhaps by a server that checks less.
    ///
    /// What is in the store has to be served, and all that it may refer to has to be kept. So nothing but JSON that is
    /// an object is demanded. Where readers could differ, every reading counts: of duplicate members, and of members
    /// that only differ in the case of their letters, all are read, and the references are those of all of them.
    /// Descriptors without a digest that is known here are left out; an unknown type of content is
    /// `application/octet-stream`, an unknown size 0.
    ///
    /// A manifest of schema 1 has the type of one, which is not ``MediaType/isManifest``, and its layers; an
    /// OCI artifact manifest has its blobs as layers.
    ///
    /// - Parameters:
    ///   - bytes: the stored bytes.
    ///   - mediaType: its type, where that is known; `nil` to go by the bytes.
    /// - Throws: ``ManifestError/notJSON(_:)`` and ``ManifestError/invalid(_:)``.
    public init(stored bytes: ByteBuffer, mediaType known: MediaType? = nil) throws(ManifestError) {
        let json: JSONValue
        do {
            let limits = JSONLimits(depth: 128, values: bytes.readableBytes + 1, allowsDuplicateNames: true)
            json = try JSONValue(parsing: bytes, limits: limits)
        } catch { throw .notJSON(error) }
        guard let object = json.object else { throw .invalid("it is \(json.kind), not an object") }
        let members = FoldedMembers(object)
        let mediaType = known ?? members.texts("mediatype").lazy.compactMap { MediaType($0) }.first
        let configs = members.descriptors("config")
        self.init(
            bytes: bytes,
            mediaType: mediaType ?? members.typeByShape,
            config: configs.first,
            layers: configs.dropFirst() + members.descriptorsInLists("layers") + members.descriptorsInLists("blobs")
                + members.schema1Layers,
            manifests: members.descriptorsInLists("manifests"),
            subject: members.descriptors("subject").first,
            artifactType: members.texts("artifacttype").first,
            annotations: members["annotations"].reduce(into: [:]) { map, value in
                for member in value.object?.members ?? [] { map[member.name] = member.value.string }
            }
        )
    }
}

/// The members of an object by their names in small letters.
private struct FoldedMembers {
    private var values: [String: [JSONValue]] = [:]

    init(_ object: JSONObject) {
        for member in object.members where member.value != .null {
            values[ManifestNames.folded(member.name), default: []].append(member.value)
        }
    }

    subscript(name: String) -> [JSONValue] { values[name] ?? [] }

    func texts(_ name: String) -> [String] { self[name].compactMap(\.string).filter { !$0.isEmpty } }

    func descriptors(_ name: String) -> [Descriptor] { self[name].flatMap(Self.descriptors(in:)) }

    func descriptorsInLists(_ name: String) -> [Descriptor] {
        self[name].flatMap { ($0.array ?? []).flatMap(Self.descriptors(in:)) }
    }

    var schema1Layers: [Descriptor] {
        self["fslayers"].flatMap { $0.array ?? [] }.compactMap(\.object).flatMap { layer in
            FoldedMembers(layer).texts("blobsum").compactMap { Digest($0) }.map {
                Descriptor(mediaType: .octetStream, digest: $0, size: 0)
            }
        }
    }

    var typeByShape: MediaType {
        if self["manifests"].contains(where: { $0.array != nil }) { return .ociIndex }
        if values["fslayers"] != nil && values["config"] == nil {
            return values["signatures"] == nil ? .dockerSchema1 : .dockerSchema1Signed
        }
        return .ociManifest
    }

    /// The descriptors that a value can be read as: one for each digest in it.
    private static func descriptors(in value: JSONValue) -> [Descriptor] {
        guard let object = value.object else { return [] }
        if let descriptor = try? Descriptor(json: value), FoldedMembers(object)["digest"].count == 1 {
            return [descriptor]
        }
        let members = FoldedMembers(object)
        return members.texts("digest").compactMap { Digest($0) }.map { digest in
            Descriptor(
                mediaType: members.texts("mediatype").lazy.compactMap { MediaType($0) }.first ?? .octetStream,
                digest: digest,
                size: max(0, members["size"].lazy.compactMap(\.integer).first ?? 0),
                urls: members["urls"].flatMap { ($0.array ?? []).compactMap(\.string) },
                annotations: [:],
                artifactType: members.texts("artifacttype").first
            )
        }
    }
}
