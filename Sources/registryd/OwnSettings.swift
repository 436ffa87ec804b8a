import RegistryConfiguration
import RegistryHTTP

/// The keys under `registryd:`, which the replaced server doesn't have.
struct OwnSettings {
    static let schema: [Setting] = Configuration.accessSettings + [
        .strings("trustedproxies", expected: "an address or a range such as 10.0.0.0/8") { NetworkRange($0) != nil }
    ]

    /// Whose word about the client counts (`registryd.trustedproxies`): without the key everybody's, with an empty list
    /// nobody's.
    let proxyTrust: ProxyTrust

    init(_ configuration: Configuration) {
        let own = configuration.own
        proxyTrust =
            own.isSet("trustedproxies")
            ? .networks(own.strings("trustedproxies").compactMap(NetworkRange.init)) : .everybody
    }
}
