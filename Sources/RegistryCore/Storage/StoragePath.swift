/// A place in a driver's store, such as `/docker/registry/v2/blobs`.
///
/// It is made of components of `[A-Za-z0-9._-]`, none of them `.` or `..`, each after a `/`. A path can't be held
/// wrong: a driver may join it to its root without looking at it again.
public struct StoragePath: Sendable, Hashable {
    /// The path as text; empty for the root.
    public let description: String

    /// The top of the store.
    public static let root = StoragePath(trusted: "")

    private init(trusted description: String) { self.description = description }

    /// Parses a path; `nil` when a component is empty, has a byte that can't stand there, or is only dots.
    public init?(_ text: some StringProtocol) {
        // By bytes: a slash and a combining mark after it are one character.
        let utf8 = text.utf8
        guard utf8.isEmpty || (utf8.first == UInt8(ascii: "/") && Self.areComponents(utf8.dropFirst())) else {
            return nil
        }
        description = String(text)
    }

    /// Whether a text can be one component of a path.
    public static func isComponent(_ text: some StringProtocol) -> Bool { areComponentBytes(text.utf8) }

    /// Whether bytes can be one component of a path: for a driver's names, which have not become texts yet.
    public static func isComponent(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { areComponentBytes(bytes) }

    private static func areComponentBytes(_ utf8: some Sequence<UInt8>) -> Bool {
        var onlyDots = true
        for character in utf8 {
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                onlyDots = false
            case UInt8(ascii: "."): continue
            default: return false
            }
        }
        return !onlyDots
    }

    private static func areComponents(_ utf8: some Collection<UInt8>) -> Bool {
        utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { areComponentBytes($0) }
    }

    /// The path of a child.
    ///
    /// - Precondition: `component` is a component (``isComponent(_:)``), or several joined by `/`. Callers pass names
    ///   that were parsed before (``RepositoryName``, ``Tag``, ``Digest``, ``UploadID``) or literals.
    public func appending(_ component: some StringProtocol) -> StoragePath {
        assert(Self.areComponents(component.utf8))
        return StoragePath(trusted: "\(description)/\(component)")
    }

    /// The path of a child, whose components are put together of several texts. What a request looks for is made so: by
    /// interpolations within one another a path took 8,000 instructions, and of a list of texts 2,000.
    ///
    /// - Parameters:
    ///   - length: how many bytes are put at the most.
    ///   - put: puts the texts, without the first `/`.
    /// - Precondition: as for ``appending(_:)``, of all texts together.
    func appending(ofLength length: Int, _ put: (inout Bytes) -> Void) -> StoragePath {
        let text = String(unsafeUninitializedCapacity: description.utf8.count + 1 + length) { free in
            var bytes = Bytes(free: free)
            bytes.put(description)
            bytes.put("/")
            put(&bytes)
            return bytes.count
        }
        assert(Self.areComponents(text.utf8.dropFirst(description.utf8.count + 1)))
        return StoragePath(trusted: text)
    }

    /// A path's bytes while they are put together.
    struct Bytes {
        fileprivate let free: UnsafeMutableBufferPointer<UInt8>
        fileprivate var count = 0

        fileprivate init(free: UnsafeMutableBufferPointer<UInt8>) { self.free = free }

        mutating func put(_ text: String) {
            count += UnsafeMutableBufferPointer(rebasing: free[count...]).update(fromContentsOf: text.utf8)
        }

        /// Puts a hash's digits.
        mutating func put(hexOf digest: Digest) {
            digest.putHex(into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(free)[count...]))
            count += digest.algorithm.hexCount
        }
    }

    /// The last component; empty for the root.
    public var lastComponent: Substring {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return description[...] }
        return description[description.utf8.index(after: slash)...]
    }

    /// The path one level up; `nil` for the root.
    public var parent: StoragePath? {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return StoragePath(trusted: String(description[..<slash]))
    }
}

extension StoragePath: CustomStringConvertible {}
