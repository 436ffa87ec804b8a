import Foundation
import ShellSupport

/// The content that both registries start from.
enum Fixture {
    /// An OCI image: `app:latest`.
    static let image = ImageLayout.image("fixture", layerSizes: [400, 3_000, 150_000])
    /// Another: `app:other`, `other:latest`.
    static let other = ImageLayout.image("other", architecture: "arm64", layerSizes: [500])
    /// An OCI index of both: `app:index`.
    static let index = ImageLayout.index([image, other])
    /// An image in Docker's schema 2: `app:schema2`.
    static let schema2 = docker(ImageLayout.image("docker", layerSizes: [600]))
    /// A Docker manifest list: `app:list`.
    static let list = dockerList(of: schema2)
    /// An artifact about `image`: `app:artifact`.
    static let artifact = ImageLayout.artifact(about: image)

    /// A blob of `app` that no manifest refers to: the empty one, which registries treat apart.
    static let unreferenced: [UInt8] = []
    /// A layer of `image`, of some thousand bytes.
    static let layer = image.blobs[2]
    /// Its digest.
    static let layerDigest = contentDigest(layer)
    /// A digest that nothing has.
    static let unknownDigest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

    static let schema2Type = "application/vnd.docker.distribution.manifest.v2+json"
    static let listType = "application/vnd.docker.distribution.manifest.list.v2+json"

    /// Repositories in an order that naive sorting gets wrong, and one with many tags.
    static let repositories = ["a", "a-b", "a/b", "a.b", "ab", "app", "b", "many", "other"]
    /// The tags of `many`.
    static let tags = ["1", "10", "2", "A", "Z", "_x", "a", "a-1", "a.1", "latest", "v1.0", "v1.10", "v1.2", "z"]

    /// Pushes everything to a registry.
    static func push(to registry: RegistryProcess) async throws {
        let reader = registry.reader
        for (tag, image) in [
            ("latest", image), ("other", other), ("index", index), ("schema2", schema2), ("list", list),
            ("artifact", artifact),
        ] {
            try await reader.push(image, to: "app", tag: tag)
        }
        for repository in repositories where repository != "app" && repository != "many" {
            try await reader.push(other, to: repository, tag: "latest")
        }
        for tag in tags { try await reader.push(other, to: "many", tag: tag) }
        try await reader.pushBlob(unreferenced, to: "app")
    }

    /// A folder tree that a registry with that content left, made by the peer.
    static func makeTree(in folder: URL) async throws {
        try await RegistryProcess.with(.peer, root: folder) { try await push(to: $0) }
    }

    private static func docker(_ image: ImageLayout.Image) -> ImageLayout.Image {
        let layers = image.blobs.dropFirst().map {
            ImageLayout.descriptor($0, "application/vnd.docker.image.rootfs.diff.tar.gzip")
        }
        let config = ImageLayout.descriptor(image.blobs[0], "application/vnd.docker.container.image.v1+json")
        let manifest =
            #"{"schemaVersion":2,"mediaType":"\#(schema2Type)","config":\#(config),"#
            + #""layers":[\#(layers.joined(separator: ","))]}"#
        return ImageLayout.Image(manifest: Array(manifest.utf8), mediaType: schema2Type, blobs: image.blobs)
    }

    private static func dockerList(of image: ImageLayout.Image) -> ImageLayout.Image {
        let platform = #","platform":{"architecture":"amd64","os":"linux"}"#
        let child = ImageLayout.descriptor(image.manifest, image.mediaType, platform)
        let manifest = #"{"schemaVersion":2,"mediaType":"\#(listType)","manifests":[\#(child)]}"#
        return ImageLayout.Image(manifest: Array(manifest.utf8), mediaType: listType, children: [image])
    }
}
