import NIOCore
import Testing

@testable import RegistryCore

/// A store of any number of blobs that takes no memory for them: what it lists is reckoned when it is asked for.
///
/// Each repository has one manifest of a thousand blobs, and the store as many blobs again that nothing refers to.
final class SimulatedStore: StorageDriver {
    static let layers = 1000

    let name = "simulated"
    let repositories: Int
    /// By the first two digits, in order; and by repository.
    private let manifests: [Digest]

    init(blobs: Int) {
        repositories = max(1, blobs / Self.layers)
        manifests = (0..<repositories).map {
            ContentHasher.digest(of: Self.manifest($0), algorithm: .canonical)
        }
    }

    /// The blobs of the folder of two digits that comes to a number; every second one is referred to.
    private var blobsInFolder: Int { 2 * repositories * Self.layers / 256 }

    private static func hex(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    private static func blobHex(folder: Int, number: Int) -> String {
        hex(folder, digits: 2) + hex(number, digits: 62)
    }

    /// The manifest of a repository; its blobs are spread over the folders.
    private static func manifest(_ repository: Int) -> ByteBuffer {
        var text = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":["#
        for layer in 0..<layers {
            let blob = repository * layers + layer
            let digest = blobHex(folder: blob % 256, number: blob / 256 * 2)
            text += (layer == 0 ? "" : ",") + #"{"mediaType":"a/b","digest":"sha256:\#(digest)","size":1}"#
        }
        return ByteBuffer(string: text + "]}")
    }

    private func page(_ count: Int, _ after: String?, _ limit: Int, _ name: (Int) -> String) -> StorageListing {
        var (low, high) = (0, count)
        while let after, low < high {
            let middle = (low + high) / 2
            if name(middle) <= after { low = middle + 1 } else { high = middle }
        }
        let end = min(count, low + limit)
        return StorageListing(
            entries: (low..<end).map { .init(name: name($0), kind: .folder) },
            hasMore: end < count
        )
    }

    func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        let parts = path.description.split(separator: "/").dropFirst(3)
        switch (parts.count, parts.first, parts.last) {
        case (1, "repositories", _): return page(repositories, after, limit) { Self.hex($0, digits: 8) }
        case (2, "repositories", _): return page(1, after, limit) { _ in "_manifests" }
        case (5, "repositories", "sha256"):
            let repository = Int(parts.dropFirst().first ?? "", radix: 16) ?? 0
            return page(1, after, limit) { _ in manifests[repository].hex }
        case (2, "blobs", _): return page(256, after, limit) { Self.hex($0, digits: 2) }
        case (3, "blobs", let folder?):
            let folder = Int(folder, radix: 16) ?? 0
            return page(blobsInFolder, after, limit) { Self.blobHex(folder: folder, number: $0) }
        default: throw StorageError(.notFound, at: path)
        }
    }

    func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        let parts = path.description.split(separator: "/").dropFirst(3)
        if parts.first == "repositories", parts.last == "link", path.description.contains("/revisions/"),
            let digest = Digest("sha256:\(parts.dropLast().last ?? "")")
        {
            return ByteBuffer(string: digest.description)
        }
        if parts.first == "blobs", let digest = Digest("sha256:\(parts.dropLast().last ?? "")"),
            let repository = manifests.firstIndex(of: digest)
        {
            return Self.manifest(repository)
        }
        throw StorageError(.notFound, at: path)
    }

    func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        guard path.lastComponent == "data" || path.lastComponent == "link" else {
            throw StorageError(.notFound, at: path)
        }
        return StorageMetadata(kind: .object, size: 1, modified: 0)
    }

    func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        throw StorageError(.readOnly, at: path)
    }
    func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        throw StorageError(.readOnly, at: path)
    }
    func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        throw StorageError(.notFound, at: path)
    }
    func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        throw StorageError(.readOnly, at: path)
    }
    func delete(at path: StoragePath) async throws(StorageError) { throw StorageError(.readOnly, at: path) }
    func deleteTree(at path: StoragePath) async throws(StorageError) { throw StorageError(.readOnly, at: path) }
}
