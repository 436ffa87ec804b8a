/// Every key that the peer knows, of both generations, and the map that is ours.
enum PeerSchema {
    /// The settings of the top level.
    static func root(extensions: [Setting]) -> [Setting] {
        [
            text("version").required,
            group("log", log),
            // Moved to log.level before anything is checked; listed for the environment.
            text("loglevel"),
            group("storage", storage, storageKind).required,
            group("auth", auth, .alternatives("authentication", reserved: [])).optional,
            group("middleware", middleware, .parameters),
            group("reporting", reporting).optional,
            group("http", http),
            group("notifications", notifications),
            group("redis", redis, .inlined("OPTIONS")).optional,
            group("health", health),
            group("catalog", [number("maxentries", 1000, in: Int.min...Int.max).zeroMeansDefault.negativeMeansDefault]),
            group("tags", [number("maxtags", 1000, in: Int.min...Int.max).zeroMeansDefault]),
            group("proxy", proxy).optional,
            group("compatibility", compatibility),
            group("validation", validation),
            group("policy", [group("repository", [texts("classes")])]),
            group("registryd", extensions, .own),
        ]
    }

    private static let log: [Setting] = [
        word("level", ["error", "warn", "info", "debug"], "info", folding: true),
        word("formatter", ["text", "json", "logstash"], "text"),
        Setting("fields", .map(.anything)),
        group("accesslog", [flag("disabled")]),
        groups(
            "hooks",
            [
                word("type", ["mail"]).required,
                flag("disabled"),
                texts("levels"),
                group(
                    "options",
                    [
                        group("smtp", [text("addr"), text("username"), text("password").secret, flag("insecure")]),
                        text("from"),
                        texts("to"),
                    ]
                ).variable("MAILOPTIONS"),
            ]
        ),
        flag("reportcaller"),
    ]

    private static let auth: [Setting] = [
        group("silly", [text("realm", nil, .nonEmpty).required, text("service", nil, .nonEmpty).required], .parameters)
            .optional,
        group(
            "token",
            [
                text("realm", nil, .nonEmpty).required,
                text("service", nil, .nonEmpty).required,
                text("issuer", nil, .nonEmpty).required,
                text("rootcertbundle"),
                text("jwks"),
                flag("autoredirect"),
                text("autoredirectpath", "/auth/token").zeroMeansDefault,
                Setting("signingalgorithms", .list(.choice(signingAlgorithms, folding: false))),
            ],
            .parameters
        ).optional,
        group("htpasswd", [text("realm", nil, .nonEmpty).required, text("path", nil, .nonEmpty).required], .parameters)
            .optional,
        group("none", [], .parameters).optional,
    ]

    static let signingAlgorithms = [
        "EdDSA", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384",
        "PS512",
    ]

    private static let middleware: [Setting] = ["registry", "repository", "storage"].map { kind in
        groups(
            kind,
            [
                text("name", nil, .nonEmpty).required,
                flag("disabled"),
                Setting("options", .options(kind == "storage" ? storageMiddleware : [:])),
            ]
        )
    }

    /// The options of the storage middlewares by name.
    static let storageMiddleware: [String: [Setting]] = [
        "cloudfront": [
            text("baseurl", nil, .nonEmpty).required,
            text("privatekey", nil, .nonEmpty).required,
            text("keypairid", nil, .nonEmpty).required,
            span("duration", "20m", needsUnit: true),
            word("ipfilteredby", ["none", "aws", "awsregion"], "none", folding: true),
            text("awsregion"),
            span("updatefrequency", "12h", needsUnit: true).alias("updatefrenquency"),
            text("iprangesurl", "https://ip-ranges.amazonaws.com/ip-ranges.json", .webURL).zeroMeansDefault,
        ],
        "redirect": [text("baseurl", nil, .webURL).required],
        "rewrite": [text("scheme"), text("host"), text("trimpathprefix")],
    ]

    private static let reporting: [Setting] = [
        group("bugsnag", [text("apikey").secret, text("releasestage"), text("endpoint")]).optional,
        group("newrelic", [text("licensekey").secret, text("name"), flag("verbose")]).optional,
    ]

    private static let http: [Setting] = [
        text("addr", Configuration.HTTP.defaultAddress).zeroMeansDefault,
        word("net", ["tcp", "unix"], "tcp"),
        text("host", nil, .webURL),
        text("prefix", nil, .rooted),
        text("secret").secret,
        flag("relativeurls"),
        span("draintimeout", "0s"),
        group(
            "tls",
            [
                text("certificate"),
                text("key"),
                texts("clientcas"),
                word("clientauth", ClientAuthentication.allCases.map(\.rawValue), "require-and-verify-client-cert"),
                word("minimumtls", ["tls1.0", "tls1.1", "tls1.2", "tls1.3"], "tls1.2"),
                texts("ciphersuites", .cipherSuite),
                group(
                    "letsencrypt",
                    [text("cachefile"), text("email"), texts("hosts"), text("directoryurl", nil, .webURL)]
                ),
            ]
        ),
        headers("headers"),
        group(
            "debug",
            [
                text("addr"),
                group("prometheus", [flag("enabled"), text("path", "/metrics", .rooted).zeroMeansDefault]),
            ]
        ),
        group("http2", [flag("disabled")]),
        group("h2c", [flag("enabled")]),
    ]

    private static let notifications: [Setting] = [
        group("events", [flag("includereferences")]).variable("EVENTCONFIG"),
        groups(
            "endpoints",
            [
                text("name"),
                flag("disabled"),
                text("url"),
                headers("headers").secret,
                span("timeout", "1s").zeroMeansDefault,
                number("threshold", 10).zeroMeansDefault,
                span("backoff", "1s").zeroMeansDefault,
                texts("ignoredmediatypes"),
                group("ignore", [texts("mediatypes"), texts("actions")]),
            ]
        ),
    ]

    private static let health: [Setting] = [
        group("storagedriver", [flag("enabled"), interval, number("threshold", 0)]),
        groups("file", [text("file", nil, .nonEmpty).required, interval, number("threshold", 0)])
            .variable("FILECHECKERS"),
        groups(
            "http",
            [
                text("uri", nil, .webURL).required,
                headers("headers").secret,
                number("statuscode", 200, in: 0...599).zeroMeansDefault,
                span("timeout", "0s"),
                interval,
                number("threshold", 0),
            ]
        ).variable("HTTPCHECKERS"),
        groups("tcp", [text("addr", nil, .address).required, span("timeout", "0s"), interval, number("threshold", 0)])
            .variable("TCPCHECKERS"),
    ]

    private static let interval = span("interval", "10s").zeroMeansDefault

    private static let proxy: [Setting] = [
        text("remoteurl", nil, .webURL),
        text("username"),
        text("password").secret,
        group("exec", [text("command", nil, .nonEmpty).required, span("lifetime")]).optional,
        span("ttl", "168h"),
        span("cachewritetimeout", "5m"),
    ]

    private static let compatibility: [Setting] = [
        group("schema1", [flag("enabled"), text("signingkeyfile").variable("TRUSTKEY")])
    ]

    private static let validation: [Setting] = [
        flag("enabled"),
        flag("disabled"),
        group(
            "manifests",
            [
                group("urls", [texts("allow", .expression), texts("deny", .expression)]),
                group(
                    "indexes",
                    [
                        word("platforms", ["all", "none", "list"], "all", folding: true),
                        groups("platformlist", [text("architecture"), text("os")]),
                    ]
                ),
            ]
        ),
    ]
}
