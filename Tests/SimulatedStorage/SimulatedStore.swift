public import NIOCore
public import RegistryCore
import Synchronization

/// A store of any number of blobs that takes hardly any memory for them: what it lists is reckoned when it is asked for.
///
/// Each repository has one manifest of a thousand blobs, and the store some blobs that nothing refers to. Of each of
/// these it knows whether it is in its place, in quarantine or gone, in one byte. What a collection writes down it keeps
/// in memory, or where it is told a folder, there. Blobs have no bytes, and links to layers are not listed.
public final class SimulatedStore: StorageDriver {
    /// How many blobs a manifest has.
    public static let layers = 1000

    private static let folders = 256

    private enum State {
        static let inPlace: UInt8 = 0
        static let held: UInt8 = 1
        static let gone: UInt8 = 2
    }

    /// A folder of two digits.
    private final class Folder: Sendable {
        /// Of each piece of garbage, in order.
        let garbage: Mutex<[UInt8]>
        init(_ count: Int) { garbage = Mutex([UInt8](repeating: State.inPlace, count: count)) }
    }

    /// `simulated`.
    public let name = "simulated"
    /// How many repositories there are.
    public let repositories: Int
    /// How many blobs nothing refers to.
    public var garbage: Int { Self.folders * garbageInFolder }

    /// How long all is that a collection has written down, in bytes.
    public var notedBytes: Int { notes.byteCount }

    private let keptInFolder: Int
    private let garbageInFolder: Int
    private let folders: [Folder]
    private let manifests: [Digest]
    private let positions: [Digest: Int]
    private let notes: SimulatedNotes
    /// The one batch that took garbage away.
    private let batch = Mutex("")

    /// Makes a store.
    ///
    /// - Parameters:
    ///   - blobs: how many something refers to; a multiple of 1,000.
    ///   - garbage: how many nothing refers to, at the most as many.
    ///   - folder: where notes are kept; `nil` for memory.
    public init(blobs: Int, garbage: Int, notesIn folder: String? = nil) {
        repositories = max(1, blobs / Self.layers)
        keptInFolder = repositories * Self.layers / Self.folders
        garbageInFolder = min(garbage / Self.folders, keptInFolder)
        let each = garbageInFolder
        folders = (0..<Self.folders).map { _ in Folder(each) }
        manifests = (0..<repositories).map { ContentHasher.digest(of: Self.manifest($0), algorithm: .canonical) }
        positions = Dictionary(uniqueKeysWithValues: manifests.enumerated().map { ($1, $0) })
        notes = SimulatedNotes(folder: folder)
    }

    // MARK: Names

    private static func hex(_ value: Int, digits: Int) -> String {
        String(unsafeUninitializedCapacity: digits) { buffer in
            var rest = value
            for place in stride(from: digits - 1, through: 0, by: -1) {
                let digit = UInt8(truncatingIfNeeded: rest & 15)
                buffer[place] = digit < 10 ? 48 + digit : 87 + digit
                rest >>= 4
            }
            return digits
        }
    }

    /// What is referred to has even numbers, and garbage has the odd ones between them.
    private static func blobHex(folder: Int, number: Int) -> String {
        hex(folder, digits: 2) + hex(number, digits: 62)
    }

    /// The manifest of a repository; its blobs are spread over the folders.
    private static func manifest(_ repository: Int) -> ByteBuffer {
        var text = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":["#
        for layer in 0..<layers {
            let blob = repository * layers + layer
            let digest = blobHex(folder: blob % folders, number: blob / folders * 2)
            text += (layer == 0 ? "" : ",") + #"{"mediaType":"a/b","digest":"sha256:\#(digest)","size":1}"#
        }
        return ByteBuffer(string: text + "]}")
    }

    /// A piece of garbage.
    private struct Piece {
        let folder: Int
        let position: Int

        /// - Parameter hex: its digest.
        init?(_ hex: Substring) {
            guard hex.utf8.count == 64, let folder = Int(hex.prefix(2), radix: 16),
                let number = Int(hex.suffix(15), radix: 16), number % 2 == 1
            else { return nil }
            self.folder = folder
            position = number / 2
        }
    }

    /// What a path names, below the registry's folder.
    private enum Place {
        case repositories
        case repository
        case revisions(Int)
        case revision(Int)
        case blobFolders
        case blobFolder(Int)
        case data(Substring)
        case heldFolders
        case heldFolder(Int)
        case heldBatches(Piece)
        case held(Piece)
        case other

        init(_ path: StoragePath) {
            let parts = path.description.split(separator: "/").dropFirst(3).map { $0 }
            switch (parts.count, parts.first ?? "") {
            case (1, "repositories"): self = .repositories
            case (2, "repositories"): self = .repository
            case (5, "repositories") where parts[4] == "sha256" && parts[3] == "revisions":
                self = Int(parts[1], radix: 16).map { .revisions($0) } ?? .other
            case (7, "repositories") where parts[6] == "link" && parts[3] == "revisions":
                self = Int(parts[1], radix: 16).map { .revision($0) } ?? .other
            case (2, "blobs"): self = .blobFolders
            case (3, "blobs"): self = Int(parts[2], radix: 16).map { .blobFolder($0) } ?? .other
            case (5, "blobs") where parts[4] == "data": self = .data(parts[3])
            case (4..., "_registryd") where parts[1] == "quarantine" && parts[2] == "blobs": self = Self.held(parts)
            default: self = .other
            }
        }

        private static func held(_ parts: [Substring]) -> Place {
            switch parts.count {
            case 4: .heldFolders
            case 5: Int(parts[4], radix: 16).map { .heldFolder($0) } ?? .other
            case 6: Piece(parts[5]).map { .heldBatches($0) } ?? .other
            case 7: Piece(parts[5]).map { .held($0) } ?? .other
            default: .other
            }
        }
    }

    // MARK: Listing

    /// A page of what is reckoned or noted.
    public func list(
        _ path: StoragePath,
        after: String?,
        limit: Int,
        holding: String?
    ) async throws(StorageError) -> StorageListing {
        switch Place(path) {
        case .repositories: return page(repositories, after, limit) { Self.hex($0, digits: 8) }
        case .repository: return page(1, after, limit) { _ in "_manifests" }
        case .revisions(let repository): return page(1, after, limit) { _ in manifests[repository].hex }
        case .blobFolders: return page(Self.folders, after, limit) { Self.hex($0, digits: 2) }
        case .heldFolders where batch.withLock({ !$0.isEmpty }):
            return page(Self.folders, after, limit) { Self.hex($0, digits: 2) }
        case .blobFolder(let folder):
            return folders[folder].garbage.withLock { states in
                let both = 2 * states.count
                return page(
                    keptInFolder + states.count,
                    after,
                    limit,
                    isThere: { position in
                        position >= both || position % 2 == 0 || states[position / 2] == State.inPlace
                    }
                ) { Self.blobHex(folder: folder, number: $0 < both ? $0 : 2 * ($0 - states.count)) }
            }
        case .heldFolder(let folder):
            return folders[folder].garbage.withLock { states in
                page(states.count, after, limit, isThere: { states[$0] == State.held }) {
                    Self.blobHex(folder: folder, number: 2 * $0 + 1)
                }
            }
        case .heldBatches(let piece) where state(of: piece) == State.held:
            let name = batch.withLock { $0 }
            return page(1, after, limit, kind: .object) { _ in name }
        default: return try notes.list(path, after: after, limit: limit)
        }
    }

    /// A page of a folder whose names are known by their positions. Found by halving, so that it costs the page.
    private func page(
        _ count: Int,
        _ after: String?,
        _ limit: Int,
        kind: StorageMetadata.Kind = .folder,
        isThere: (Int) -> Bool = { _ in true },
        _ name: (Int) -> String
    ) -> StorageListing {
        var (low, high) = (0, count)
        while let after, low < high {
            let middle = (low + high) / 2
            if name(middle) <= after { low = middle + 1 } else { high = middle }
        }
        var entries: [StorageListing.Entry] = []
        while low < count, entries.count < limit {
            if isThere(low) { entries.append(.init(name: name(low), kind: kind)) }
            low += 1
        }
        return StorageListing(entries: entries, hasMore: low < count && !entries.isEmpty)
    }

    // MARK: Objects

    private func state(of piece: Piece) -> UInt8? {
        folders[piece.folder].garbage.withLock { $0.indices.contains(piece.position) ? $0[piece.position] : nil }
    }

    /// A manifest, its link, or a note.
    public func content(at path: StoragePath, limit: Int) async throws(StorageError) -> ByteBuffer {
        switch Place(path) {
        case .revision(let repository): return ByteBuffer(string: manifests[repository].description)
        case .data(let hex):
            guard let digest = Digest("sha256:\(hex)"), let repository = positions[digest] else {
                throw StorageError(.notFound, at: path)
            }
            return Self.manifest(repository)
        default: return try notes.content(at: path)
        }
    }

    /// One byte, of no age.
    public func metadata(at path: StoragePath) async throws(StorageError) -> StorageMetadata {
        let isThere =
            switch Place(path) {
            case .revision: true
            case .data(let hex): Piece(hex).map { state(of: $0) == State.inPlace } ?? true
            case .held(let piece): state(of: piece) == State.held
            default: notes.has(path)
            }
        guard isThere else { throw StorageError(.notFound, at: path) }
        return StorageMetadata(kind: .object, size: 1, modified: 0)
    }

    /// Takes a piece of garbage away.
    public func move(from path: StoragePath, to target: StoragePath) async throws(StorageError) {
        guard case .data(let hex) = Place(path), let piece = Piece(hex), case .held = Place(target) else {
            throw StorageError(.failed, at: path, "a move that is not simulated")
        }
        try change(piece, from: State.inPlace, to: State.held, path)
        batch.withLock { $0 = String(target.lastComponent) }
    }

    /// Removes a piece of garbage from quarantine, or a note.
    public func delete(at path: StoragePath) async throws(StorageError) {
        guard case .held(let piece) = Place(path) else { return try notes.delete(at: path) }
        try change(piece, from: State.held, to: State.gone, path)
    }

    private func change(_ piece: Piece, from old: UInt8, to new: UInt8, _ path: StoragePath) throws(StorageError) {
        let changed = folders[piece.folder].garbage.withLock { states in
            guard states.indices.contains(piece.position), states[piece.position] == old else { return false }
            states[piece.position] = new
            return true
        }
        guard changed else { throw StorageError(.notFound, at: path) }
    }

    /// Notes something.
    public func put(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) {
        try notes.put(content, at: path)
    }

    /// Notes something that is not noted yet.
    public func putIfAbsent(_ content: ByteBuffer, at path: StoragePath) async throws(StorageError) -> Bool {
        guard !notes.has(path) else { return false }
        try notes.put(content, at: path)
        return true
    }

    /// What is noted: blobs have no bytes.
    public func open(at path: StoragePath) async throws(StorageError) -> any StorageObject {
        try notes.open(at: path)
    }

    /// Notes something long. Nothing can be pushed.
    public func writer(at path: StoragePath, resuming: Bool) async throws(StorageError) -> any StorageWriter {
        try notes.writer(at: path)
    }

    /// Removes notes.
    public func deleteTree(at path: StoragePath) async throws(StorageError) { try notes.deleteTree(at: path) }
}
