/// Which URLs a layer may be fetched from besides the registry (`validation.manifests.urls` of the configuration).
///
/// A URL that clients follow lets a manifest make them fetch from anywhere, so the default allows none.
/// Whatever the policy, a URL is `http` or `https` and has no fragment, as the replaced server has it.
public struct ManifestURLPolicy: Sendable {
    /// Whether a pattern is found in a URL. It is asked only for manifests that have URLs.
    public typealias Matcher = @Sendable (String) -> Bool

    private let allow: Matcher?
    private let deny: Matcher?

    /// Makes a policy of patterns.
    ///
    /// - Parameters:
    ///   - allow: what a URL must match; without it any URL is allowed that is not denied.
    ///   - deny: what a URL must not match; it wins.
    public init(allow: Matcher?, deny: Matcher?) {
        self.allow = allow
        self.deny = deny
    }

    /// No URL at all: what holds when nothing is configured.
    public static let allowNothing = ManifestURLPolicy(allow: { _ in false }, deny: nil)

    /// Any URL: what holds when validation is disabled.
    public static let allowAll = ManifestURLPolicy(allow: nil, deny: nil)

    /// Whether a layer may have this URL.
    public func allows(_ url: String) -> Bool {
        guard Self.isWebURL(url) else { return false }
        if let allow, !allow(url) { return false }
        if let deny, deny(url) { return false }
        return true
    }

    /// Whether a text is an `http` or `https` URL with a host, without a fragment, a space or a control character.
    private static func isWebURL(_ url: String) -> Bool {
        let utf8 = url.utf8
        guard utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else { return false }
        let lowered = url.prefix(8).lowercased()
        let schemeLength = lowered.hasPrefix("http://") ? 7 : lowered == "https://" ? 8 : 0
        guard schemeLength > 0, let first = utf8.dropFirst(schemeLength).first else { return false }
        return first != UInt8(ascii: "/") && first != UInt8(ascii: "?") && first != UInt8(ascii: ":")
    }
}

extension Manifest {
    /// Checks the URLs of the layers.
    ///
    /// - Throws: ``ManifestError/urlNotAllowed(_:)`` for the first one that the policy does not allow.
    public func checkURLs(against policy: ManifestURLPolicy) throws(ManifestError) {
        for descriptor in references.blobs {
            for url in descriptor.urls where !policy.allows(url) { throw .urlNotAllowed(url) }
        }
    }
}
