internal import RegistryCore

/// The keys that are trusted at one time, and how a token's key is found among them.
struct TrustedKeys: Sendable {
    var bundle: CertificateBundle?
    var set: KeySet?
    var further: [String: TokenKey]

    /// Finds the key that a token must be signed with, in the replaced server's order: by the chain of certificates in
    /// its header, by the key in its header, by the name of its key.
    ///
    /// A key in the header without a chain is never taken itself: only its name counts
    /// ([CVE-2025-24976](https://nvd.nist.gov/vuln/detail/CVE-2025-24976)).
    ///
    /// - Throws: `TokenFailure` when there is none.
    func key(for header: JSONObject) async throws(TokenFailure) -> TokenKey {
        if let chain = try Self.chain(header) { return try await key(ofChain: chain) }
        if let value = header["jwk"] {
            guard let embedded = value.object else { throw .malformed("'jwk' is not an object") }
            if let chain = try Self.chain(embedded) { return try await key(ofChain: chain) }
            return try key(named: embedded["kid"])
        }
        return try key(named: header["kid"])
    }

    private func key(ofChain chain: [String]) async throws(TokenFailure) -> TokenKey {
        guard let key = await bundle?.key(ofChain: chain) else {
            throw .untrustedKey("its certificates lead to none that is trusted")
        }
        return key
    }

    private func key(named value: JSONValue?) throws(TokenFailure) -> TokenKey {
        guard let name = value?.string, !name.isEmpty else { throw .untrustedKey("it has no name") }
        guard let key = set?.keys[name] ?? bundle?.keys[name] ?? further[name] else {
            throw .untrustedKey(String(name.prefix(200)))
        }
        return key
    }

    private static func chain(_ object: JSONObject) throws(TokenFailure) -> [String]? {
        guard let value = object["x5c"] else { return nil }
        guard let list = value.array else { throw .malformed("'x5c' is not a list") }
        var chain: [String] = []
        for element in list {
            guard let text = element.string else { throw .malformed("'x5c' is not a list of texts") }
            chain.append(text)
        }
        return chain.isEmpty ? nil : chain
    }
}
