import RegistryConfiguration
import RegistryCore
import RegistryHTTP

/// The keys under `registryd:`, which the replaced server doesn't have.
struct OwnSettings {
    static let schema: [Setting] =
        Configuration.accessSettings + [
            .strings("trustedproxies", expected: "an address or a range such as 10.0.0.0/8") {
                NetworkRange($0) != nil
            },
            .group("administration", [.string("socket", default: nil)]),
            .group("health", [.bool("write", default: true)]),
            .group("filesystem", [.bool("directwrites", default: true), .bool("writeaheadlog", default: true)]),
            .group(
                "collection",
                [
                    .duration("interval", default: "0s"),
                    .duration("grace", default: "24h"),
                    .bool("deleteuntagged", default: false),
                    .bool("markagain", default: false),
                ]
            ),
            .group(
                "policy",
                Configuration.policySettings(
                    isRepositoryPattern: { RepositoryPattern($0) != nil },
                    isTagPattern: { TagPattern($0) != nil }
                ) + RetentionSettings.schema
            ),
        ]

    /// Whose word about the client counts (`registryd.trustedproxies`): without the key everybody's, with an empty list
    /// nobody's.
    let proxyTrust: ProxyTrust
    /// The path of the administration's socket (`registryd.administration.socket`); `nil` when there is none.
    let administrationSocket: String?
    /// Whether the check of the store writes as well (`registryd.health.write`).
    let healthWrites: Bool
    /// Whether blobs of 512 KiB and more are written past the page cache (`registryd.filesystem.directwrites`).
    let writesDirectly: Bool
    /// Whether small objects last by a write-ahead log (`registryd.filesystem.writeaheadlog`).
    let logsWrites: Bool
    /// How long after a collection the next begins (`registryd.collection.interval`); `nil` when none begins by itself.
    let collectionInterval: Duration?
    /// How a collection is done while the store is served (`registryd.collection`).
    let collection: CollectionOptions
    /// Which tags are kept (`registryd.policy.retention`).
    let retention: RetentionSettings

    init(_ configuration: Configuration) {
        let own = configuration.own
        proxyTrust =
            own.isSet("trustedproxies")
            ? .networks(own.strings("trustedproxies").compactMap(NetworkRange.init)) : .everybody
        administrationSocket = own.section("administration")?.optionalString("socket")
        healthWrites = own.section("health")?.bool("write") ?? true
        logsWrites = own.section("filesystem")?.bool("writeaheadlog") ?? true
        writesDirectly = own.section("filesystem")?.bool("directwrites") ?? true
        retention = RetentionSettings(configuration)
        let section = own.section("collection")
        collectionInterval = section?.optionalDuration("interval").flatMap { $0 > .zero ? $0 : nil }
        var collection = CollectionOptions()
        collection.grace = section?.optionalDuration("grace")?.components.seconds ?? collection.grace
        collection.deletesUntagged = section?.bool("deleteuntagged") ?? false
        collection.marksAgain = section?.bool("markagain") ?? false
        collection.holder = Program.holder
        let purging = configuration.storage.uploadPurging
        if purging.isEnabled, !purging.isDryRun { collection.uploadAge = purging.age.components.seconds }
        self.collection = collection
    }
}
