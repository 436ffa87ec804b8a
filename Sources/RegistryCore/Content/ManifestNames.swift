/// Names of members that must not be written in other letters.
///
/// Go's decoder takes `Layers` for `layers` where a stricter one takes it for an unknown member, so such a manifest
/// means one thing to the registry and another to a client (the family of GHSA-qq97-vm5h-rrhg).
struct ManifestNames {
    private let exactNames: Set<String>
    private let exactByFolded: [String: String]

    init(_ names: String...) {
        exactNames = Set(names)
        exactByFolded = Dictionary(names.map { (Self.folded($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The names of a manifest's own members.
    static let manifest = ManifestNames(
        "schemaVersion",
        "mediaType",
        "artifactType",
        "config",
        "layers",
        "manifests",
        "subject",
        "annotations",
        "blobs",
        "fsLayers",
        "history",
        "signatures"
    )

    /// The names of a descriptor's members.
    static let descriptor = ManifestNames(
        "mediaType",
        "digest",
        "size",
        "urls",
        "annotations",
        "data",
        "platform",
        "artifactType"
    )

    /// Refuses an object of which a member is one of the names but for the case of its letters.
    func check(_ object: JSONObject, at place: @autoclosure () -> String) throws(ManifestError) {
        for member in object.members where !exactNames.contains(member.name) {
            guard let exact = exactByFolded[Self.folded(member.name)] else { continue }
            throw .invalid("the member '\(member.name)' of \(place()) must be written '\(exact)'")
        }
    }

    /// A name in small letters, as Go compares names: U+017F is an `s` and U+212A a `k` there.
    static func folded(_ name: String) -> String {
        guard name.utf8.contains(where: { (0x41...0x5A).contains($0) || $0 >= 0x80 }) else { return name }
        var folded = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "A"..."Z": folded.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
            case "\u{17F}": folded.append("s")
            case "\u{212A}": folded.append("k")
            default: folded.append(scalar)
            }
        }
        return String(folded)
    }
}
