import HTTPTypes
import RegistryConfiguration
import RegistryCore
import RegistryHTTP

extension Composition {
    static func options(_ configuration: Configuration) -> Registry.Options {
        var options = Registry.Options()
        options.allowsDeletion = configuration.storage.isDeleteEnabled
        options.isReadOnly = configuration.storage.isReadOnly
        options.immutability = configuration.immutableTags.map(ImmutabilityRule.init)
        options.quotas = configuration.quotas.map(QuotaRule.init)
        let validation = configuration.validation
        options.validation.urls =
            validation.isEnabled
            ? urlPolicy(allow: validation.allowedURLs, deny: validation.deniedURLs) : .allowAll
        options.validation.children =
            switch validation.platforms {
            case .all: validation.isEnabled ? .all : .none
            case .none: .none
            case .list(let platforms): .platforms(platforms.map { .init(architecture: $0.architecture, os: $0.os) })
            }
        return options
    }

    private static func urlPolicy(allow: [String], deny: [String]) -> ManifestURLPolicy {
        guard !allow.isEmpty || !deny.isEmpty else { return .allowNothing }
        // A compiled expression can't be shared between tasks, and layers with URLs are rare.
        func matches(_ patterns: [String]) -> ManifestURLPolicy.Matcher {
            { url in patterns.contains { (try? Regex($0))?.isMatch(url) ?? false } }
        }
        return ManifestURLPolicy(allow: allow.isEmpty ? nil : matches(allow), deny: deny.isEmpty ? nil : matches(deny))
    }

    static func responderOptions(_ configuration: Configuration, secret: [UInt8]) -> RegistryResponder.Options {
        var options = RegistryResponder.Options(uploadSecret: secret)
        options.externalURL = configuration.http.host.map(externalURL)
        options.usesRelativeURLs = configuration.http.usesRelativeURLs
        options.pathPrefix =
            configuration.http.prefix.hasSuffix("/") ? String(configuration.http.prefix.dropLast()) : ""
        options.maximumCatalogEntries = configuration.catalog.maxEntries
        options.maximumTags = configuration.tags.maxTags
        options.proxyTrust = OwnSettings(configuration).proxyTrust
        for field in configuration.http.headers {
            guard let name = HTTPField.Name(field.name) else { continue }
            for value in field.values { options.headers.append(HTTPField(name: name, value: value)) }
        }
        return options
    }

    /// A host's path counts as a prefix only when it ends in a slash, as in the replaced server.
    private static func externalURL(_ host: String) -> String {
        let afterScheme = host.firstRange(of: "://")?.upperBound ?? host.startIndex
        guard let slash = host[afterScheme...].firstIndex(of: "/") else { return host }
        return host.hasSuffix("/") ? String(host.dropLast()) : String(host[..<slash])
    }
}

extension Regex {
    fileprivate func isMatch(_ text: String) -> Bool { (try? firstMatch(in: text)) != nil }
}
