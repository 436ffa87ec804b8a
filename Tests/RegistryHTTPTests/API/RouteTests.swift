import HTTPTypes
import RegistryCore
import Testing

@testable import RegistryHTTP

@Suite("The components of a path")
struct RouteTests {
    /// The endpoint of a path by its parts, which are easier to read than its bytes.
    private func expected(_ path: String) -> String {
        if path.isEmpty || path == "/" { return "root" }
        guard path.hasPrefix("/v2") else { return "unknown" }
        if path == "/v2" { return "base" }
        guard path.hasPrefix("/v2/") else { return "unknown" }
        var parts = path.dropFirst(4).split(separator: "/", omittingEmptySubsequences: false)
        if parts.last == "" { parts.removeLast() }
        if parts.isEmpty { return "base" }
        if parts.count == 1 { return parts[0] == "_catalog" ? "catalog" : "unknown" }
        let last = parts.removeLast()
        let second = parts.removeLast()
        if second == "uploads", parts.count > 1, parts.last == "blobs" {
            return "upload \(parts.dropLast().joined(separator: "/")) \(last)"
        }
        guard !parts.isEmpty else { return "unknown" }
        let name = parts.joined(separator: "/")
        return switch (second, last) {
        case ("blobs", "uploads"): "uploads \(name)"
        case ("blobs", _): "blob \(name) \(last)"
        case ("manifests", _): "manifest \(name) \(last)"
        case ("referrers", _): "referrers \(name) \(last)"
        case ("tags", "list"): "tags \(name)"
        default: "unknown"
        }
    }

    /// What was found, in the same words; `nil` where a name is not valid.
    private func found(_ path: String) -> String? {
        switch Route(method: .get, path: path) {
        case .root: "root"
        case .base: "base"
        case .catalog: "catalog"
        case .unknown: "unknown"
        case .invalid: nil
        case .tags(let name): "tags \(name)"
        case .uploads(let name): "uploads \(name)"
        case .manifest(let name, let reference): "manifest \(name) \(reference)"
        case .blob(let name, let digest): "blob \(name) \(digest)"
        case .upload(let name, let id): "upload \(name) \(id)"
        case .referrers(let name, let digest): "referrers \(name) \(digest)"
        }
    }

    @Test("the endpoint is that of the path's parts, for any row of words and slashes")
    func random() {
        let words = [
            "v2", "a", "b", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "", "", "é",
            "v20",
            "sha256:\(String(repeating: "0", count: 64))", "c7e7e1fa-39c4-4d8a-a1b4-9e7a0d6b1a2f",
        ]
        var generator = SystemRandomNumberGenerator()
        var known = 0
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...7, using: &generator)
            let parts = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &generator)] }
            let start = Bool.random(using: &generator) ? "/v2/" : "/"
            let path = start + parts.joined(separator: "/") + (Bool.random(using: &generator) ? "/" : "")
            guard let found = found(path) else {
                #expect(expected(path).contains(" "), "\(path)")
                continue
            }
            #expect(found == expected(path), "\(path)")
            if found.contains(" ") { known += 1 }
        }
        #expect(known > 100)
    }
}
