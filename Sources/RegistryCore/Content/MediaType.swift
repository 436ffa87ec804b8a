/// The type of content, such as `application/vnd.oci.image.manifest.v1+json`: without parameters, in lower case.
public struct MediaType: Sendable, Hashable {
    /// The type as text.
    public let description: String

    /// Makes a type of a literal that is a type, in lower case.
    init(known description: String) { self.description = description }

    /// Parses the value of a `Content-Type` header or a `mediaType` member; parameters are dropped and letters folded.
    ///
    /// - Returns: `nil` when it is not a type and a subtype as RFC 6838 section 4.2 has them.
    public init?(_ text: some StringProtocol) {
        var bare = Substring(text).utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: Self.isSpace)
        while let last = bare.last, Self.isSpace(last) { bare.removeLast() }
        guard bare.count <= 255 else { return nil }
        var slash: Int?
        var hasCapitals = false
        for (position, character) in bare.enumerated() {
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): hasCapitals = true
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"),
                UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "-"), UInt8(ascii: "^"),
                UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"):
                continue
            case UInt8(ascii: "/"):
                guard position > 0, slash == nil else { return nil }
                slash = position
            default: return nil
            }
        }
        guard let slash, slash < bare.count - 1 else { return nil }
        let kept = String(decoding: bare, as: UTF8.self)
        description = hasCapitals ? kept.lowercased() : kept
    }

    private static func isSpace(_ character: UInt8) -> Bool {
        character == UInt8(ascii: " ") || character == UInt8(ascii: "\t")
    }

    /// An OCI image manifest.
    public static let ociManifest = MediaType(known: "application/vnd.oci.image.manifest.v1+json")
    /// An OCI image index.
    public static let ociIndex = MediaType(known: "application/vnd.oci.image.index.v1+json")
    /// An OCI image configuration.
    public static let ociConfig = MediaType(known: "application/vnd.oci.image.config.v1+json")
    /// The OCI empty descriptor's type.
    public static let ociEmpty = MediaType(known: "application/vnd.oci.empty.v1+json")
    /// A Docker image manifest, schema 2.
    public static let dockerManifest = MediaType(known: "application/vnd.docker.distribution.manifest.v2+json")
    /// A Docker manifest list.
    public static let dockerManifestList = MediaType(
        known: "application/vnd.docker.distribution.manifest.list.v2+json"
    )
    /// A Docker image configuration.
    public static let dockerConfig = MediaType(known: "application/vnd.docker.container.image.v1+json")
    /// A Docker manifest of schema 1, which is refused.
    public static let dockerSchema1 = MediaType(known: "application/vnd.docker.distribution.manifest.v1+json")
    /// A signed Docker manifest of schema 1, which is refused.
    public static let dockerSchema1Signed = MediaType(
        known: "application/vnd.docker.distribution.manifest.v1+prettyjws"
    )
    /// Bytes of no particular type.
    public static let octetStream = MediaType(known: "application/octet-stream")
    /// JSON of no particular type.
    public static let json = MediaType(known: "application/json")
}

extension MediaType: CustomStringConvertible {}
