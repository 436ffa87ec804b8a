internal import NIOCore
internal import Synchronization

/// Manifests that were read, verified and parsed, by their canonical digests.
///
/// It says nothing of what is there: a repository's link is looked for each time, and only then the content, which its
/// digest determines, may come from here. It takes the reading, the hashing and the parsing out of a pull, two thirds of
/// its instructions. May be used from any thread.
final class ManifestCache: Sendable {
    /// How much is held at the most, in bytes of manifests; what is parsed of them is some three times as much.
    private static let limit = 4 << 20

    private struct State {
        /// What was asked for lately, and what was before that: when the first is full it takes the second's place. An
        /// entry that is asked for again moves to the first. So nothing is sorted, and what nobody wants goes.
        var young: [Digest: Manifest] = [:]
        var old: [Digest: Manifest] = [:]
        var youngBytes = 0
    }

    private let state = Mutex(State())

    subscript(digest: Digest) -> Manifest? {
        state.withLock { state in
            if let manifest = state.young[digest] { return manifest }
            guard let manifest = state.old.removeValue(forKey: digest) else { return nil }
            Self.insert(manifest, for: digest, into: &state)
            return manifest
        }
    }

    /// Keeps a manifest, unless it is so large that few others would fit beside it.
    func insert(_ manifest: Manifest, for digest: Digest) {
        guard manifest.bytes.readableBytes <= Self.limit / 16 else { return }
        state.withLock { Self.insert(manifest, for: digest, into: &$0) }
    }

    private static func insert(_ manifest: Manifest, for digest: Digest, into state: inout State) {
        let size = manifest.bytes.readableBytes
        if state.youngBytes + size > limit / 2 {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        if state.young.updateValue(manifest, forKey: digest) == nil { state.youngBytes += size }
    }
}
