/// The configuration of a registry: the peer's `config.yml`, of both generations, with its `REGISTRY_*` variables.
///
/// Made by ``load(file:contents:environment:strict:extensions:)``. A value of this type has passed every check that
/// can be made without opening anything.
public struct Configuration: Sendable, Hashable {
    /// Logging.
    public var log: Log
    /// The store, its driver, and what is kept beside it.
    public var storage: Storage
    /// Who may call.
    public var auth: Auth
    /// What stands between the registry and its driver.
    public var middleware: Middleware
    /// Reporters of version 2.
    public var reporting: Reporting
    /// The server.
    public var http: HTTP
    /// Where events go.
    public var notifications: Notifications
    /// The cache's Redis, if one is configured.
    public var redis: Redis?
    /// Health checks.
    public var health: Health
    /// The list of repositories.
    public var catalog: Catalog
    /// The lists of tags.
    public var tags: Tags
    /// The upstream of a pull-through cache; `nil` when the registry isn't one.
    public var proxy: Proxy?
    /// Schema 1 of version 2.
    public var compatibility: Compatibility
    /// What a pushed manifest must satisfy.
    public var validation: Validation
    /// What kinds of repository are wanted.
    public var policy: Policy
    /// The settings under `registryd:`, as the embedding program described them.
    public var own: Section

    /// What has no effect or an unexpected one; a server prints these when it starts.
    public let warnings: [ConfigurationDiagnostic]

    /// Everything that holds, with its origins.
    let effective: Value

    init(effective: Value, warnings: [ConfigurationDiagnostic]) {
        let root = Section(value: effective)
        log = Log(root.required("log"))
        storage = Storage(root.required("storage"))
        auth = Auth(root.section("auth"))
        middleware = Middleware(root.required("middleware"))
        reporting = Reporting(root.section("reporting"))
        http = HTTP(root.required("http"))
        notifications = Notifications(root.required("notifications"))
        redis = root.section("redis").map(Redis.init)
        health = Health(root.required("health"))
        catalog = Catalog(root.required("catalog"))
        tags = Tags(root.required("tags"))
        proxy = root.section("proxy").flatMap(Proxy.init)
        compatibility = Compatibility(root.required("compatibility"))
        validation = Validation(root.required("validation"))
        policy = Policy(root.required("policy"))
        own = root.required("registryd")
        self.warnings = warnings
        self.effective = effective
    }
}
