/// Which manifests of a repository are kept when those go that no tag leads to. It does no I/O.
///
/// A manifest is kept when a tag points to it, or when it is recent. One that is kept keeps its children and its subject,
/// and those that name it as their subject.
struct ManifestGraph: Sendable {
    private struct Node {
        var digest: Digest
        var children: [Digest]
        var subject: Digest?
        var isRoot: Bool
    }

    private var nodes: [Node] = []
    /// By every digest that a manifest is linked by, the canonical one among them.
    private var positions: [Digest: Int] = [:]

    /// Adds a manifest, or another name of it.
    ///
    /// - Parameters:
    ///   - digest: the canonical digest.
    ///   - name: the digest that it is linked by.
    ///   - isRoot: whether it is kept by itself.
    mutating func add(_ digest: Digest, linkedAs name: Digest, children: [Digest], subject: Digest?, isRoot: Bool) {
        if let position = positions[digest] {
            positions[name] = position
            if isRoot { nodes[position].isRoot = true }
            return
        }
        positions[digest] = nodes.count
        positions[name] = nodes.count
        nodes.append(Node(digest: digest, children: children, subject: subject, isRoot: isRoot))
    }

    /// The canonical digests of the manifests that are not kept.
    ///
    /// - Parameter tagged: what the tags point to.
    func unkept(tagged: Set<Digest>) -> Set<Digest> {
        var referrers: [Int: [Int]] = [:]
        for (position, node) in nodes.enumerated() {
            guard let subject = node.subject, let target = positions[subject] else { continue }
            referrers[target, default: []].append(position)
        }
        var isKept = nodes.map(\.isRoot)
        for digest in tagged {
            if let position = positions[digest] { isKept[position] = true }
        }
        var waiting = isKept.indices.filter { isKept[$0] }
        while let position = waiting.popLast() {
            let node = nodes[position]
            let named = (node.children + (node.subject.map { [$0] } ?? [])).compactMap { positions[$0] }
            for next in named + (referrers[position] ?? []) where !isKept[next] {
                isKept[next] = true
                waiting.append(next)
            }
        }
        return Set(zip(nodes, isKept).lazy.filter { !$1 }.map { $0.0.digest })
    }
}
