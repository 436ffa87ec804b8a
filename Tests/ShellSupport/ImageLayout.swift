public import Foundation

/// Images made for tests, the same bytes every time, and the folder in OCI image layout that holds one.
public enum ImageLayout {
    /// An image, an index of images, or an artifact.
    public struct Image: Sendable {
        /// The manifest, verbatim.
        public let manifest: [UInt8]
        /// The manifest's media type.
        public let mediaType: String
        /// Config and layers.
        public var blobs: [[UInt8]] = []
        /// The images of an index.
        public var children: [Image] = []
        /// The `platform` of the image in an index, as JSON.
        var platform: String?

        /// Makes an image from what belongs to it.
        public init(manifest: [UInt8], mediaType: String, blobs: [[UInt8]] = [], children: [Image] = []) {
            self.manifest = manifest
            self.mediaType = mediaType
            self.blobs = blobs
            self.children = children
        }

        /// The manifest's digest.
        public var digest: String { contentDigest(manifest) }

        /// The number of manifests and blobs below and with this one, each counted where it is referred to.
        public var count: Int { children.reduce(1 + blobs.count) { $0 + $1.count } }

        /// The descriptor of the manifest, as JSON; `more` is put in at its end.
        func descriptor(_ more: String = "") -> String {
            let platform = platform.map { #","platform":\#($0)"# } ?? ""
            return ImageLayout.descriptor(manifest, mediaType, platform + more)
        }
    }

    /// The type of an OCI image manifest.
    public static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    /// The type of an OCI image index.
    public static let indexType = "application/vnd.oci.image.index.v1+json"

    /// An image for a platform, with layers of those sizes in bytes.
    public static func image(
        _ name: String,
        architecture: String = "amd64",
        layerSizes: [Int] = [1_000, 100_000, 1_500_000]
    ) -> Image {
        let layers = layerSizes.enumerated().map { index, size in
            Archive.tar([
                (name: "etc/\(name)-\(index)", content: Array("\(name)\n".utf8)),
                (name: "data/\(name)-\(index)", content: noise(seed: "\(name)-\(index)", count: size)),
            ])
        }
        let differences = layers.map { #""\#(contentDigest($0))""# }.joined(separator: ",")
        let history = layers.indices.map { #"{"created":"2020-01-01T00:00:00Z","created_by":"layer \#($0)"}"# }
        let config = Array(
            (#"{"created":"2020-01-01T00:00:00Z","architecture":"\#(architecture)","os":"linux","#
                + #""config":{"Cmd":["/bin/true"]},"rootfs":{"type":"layers","diff_ids":[\#(differences)]},"#
                + #""history":[\#(history.joined(separator: ","))]}"#).utf8
        )
        let compressed = layers.map(Archive.gzip)
        let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"
        let links = compressed.map { descriptor($0, layerType) }.joined(separator: ",")
        let manifest =
            #"{"schemaVersion":2,"mediaType":"\#(manifestType)","#
            + #""config":\#(descriptor(config, "application/vnd.oci.image.config.v1+json")),"layers":[\#(links)]}"#
        var image = Image(manifest: Array(manifest.utf8), mediaType: manifestType, blobs: [config] + compressed)
        image.platform = #"{"architecture":"\#(architecture)","os":"linux"}"#
        return image
    }

    /// An index of images.
    public static func index(_ images: [Image]) -> Image {
        let links = images.map { $0.descriptor() }.joined(separator: ",")
        let manifest = #"{"schemaVersion":2,"mediaType":"\#(indexType)","manifests":[\#(links)]}"#
        return Image(manifest: Array(manifest.utf8), mediaType: indexType, children: images)
    }

    /// An artifact that says something about another manifest.
    public static func artifact(about subject: Image, type: String = "application/vnd.example.sbom") -> Image {
        let empty = Array("{}".utf8)
        let content = Array(#"{"about":"\#(subject.digest)"}"#.utf8)
        let manifest =
            #"{"schemaVersion":2,"mediaType":"\#(manifestType)","artifactType":"\#(type)","#
            + #""config":\#(descriptor(empty, "application/vnd.oci.empty.v1+json")),"#
            + #""layers":[\#(descriptor(content, "application/spdx+json"))],"#
            + #""subject":\#(descriptor(subject.manifest, subject.mediaType))}"#
        return Image(manifest: Array(manifest.utf8), mediaType: manifestType, blobs: [empty, content])
    }

    /// Writes an image in OCI image layout with that tag as its name.
    public static func write(_ image: Image, to folder: URL, tag: String = "latest") throws {
        let blobs = folder.appending(path: "blobs/sha256")
        try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
        try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: folder.appending(path: "oci-layout"))
        try writeContent(of: image, to: blobs)
        let name = #","annotations":{"org.opencontainers.image.ref.name":"\#(tag)"}"#
        let index = #"{"schemaVersion":2,"mediaType":"\#(indexType)","manifests":[\#(image.descriptor(name))]}"#
        try Data(index.utf8).write(to: folder.appending(path: "index.json"))
    }

    /// The digest of the only manifest that a layout's index names.
    ///
    /// - Throws: ``CommandFailure`` where it names none or several.
    public static func digest(in folder: URL) throws -> String {
        struct Index: Decodable {
            struct Entry: Decodable { var digest: String }
            var manifests: [Entry]
        }
        let index = try JSONDecoder().decode(Index.self, from: Data(contentsOf: folder.appending(path: "index.json")))
        guard index.manifests.count == 1 else {
            throw CommandFailure("\(folder.path()) names \(index.manifests.count) manifests")
        }
        return index.manifests[0].digest
    }

    /// A content's descriptor, as JSON; `more` is put in at its end.
    public static func descriptor(_ content: [UInt8], _ mediaType: String, _ more: String = "") -> String {
        #"{"mediaType":"\#(mediaType)","digest":"\#(contentDigest(content))","size":\#(content.count)\#(more)}"#
    }

    /// Bytes that look random and are the same for the same seed (xorshift, seeded by FNV-1a).
    public static func noise(seed: String, count: Int) -> [UInt8] {
        var state = seed.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    private static func writeContent(of image: Image, to blobs: URL) throws {
        for content in image.blobs + [image.manifest] {
            try Data(content).write(to: blobs.appending(path: String(contentDigest(content).dropFirst(7))))
        }
        for child in image.children { try writeContent(of: child, to: blobs) }
    }
}
