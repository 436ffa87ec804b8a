extension KeyRow {
    private static let hook = [
        ("log.hooks[0].type", "mail"), ("log.hooks[0].options.smtp.addr", "mail:25"),
        ("log.hooks[0].options.to", "[ops@example.com]"),
    ]
    private static let hookVariables = "REGISTRY_LOG_HOOKS_0_MAILOPTIONS_"
    private static let token = [
        ("auth.token.realm", "r"), ("auth.token.service", "s"), ("auth.token.issuer", "i"),
        ("auth.token.jwks", "/keys.json"),
    ]
    private static let files = [("http.tls.certificate", "/c.pem"), ("http.tls.key", "/k.pem")]
    private static let acme = [("http.tls.letsencrypt.cachefile", "/cache")]
    private static let endpoint = [("notifications.endpoints[0].url", "https://example.com")]
    private static let proxy = [("proxy.remoteurl", "https://example.com")]
    private static let redis = [("redis.addrs", "[\"localhost:6379\"]")]
    private static let bugsnag = [("reporting.bugsnag.apikey", "k")]

    /// Every key but those of drivers and middleware.
    static let general: [KeyRow] = log + auth + http + services + rest

    private static let log: [KeyRow] = [
        KeyRow("log.level", "info", "DEBUG", "debug", wrong: "trace", "one of error, warn, info, debug"),
        KeyRow("log.formatter", "text", "json", wrong: "xml", "one of text, json, logstash"),
        KeyRow("log.fields", nil, "{service: registry}", "{service:registry}", wrong: "registry", "a map"),
        .flag("log.accesslog.disabled"),
        .flag("log.reportcaller"),
        KeyRow("log.hooks[0].type", nil, "mail", wrong: "pager", "one of mail", beside: hook, isTyped: false),
        .flag("log.hooks[0].disabled", beside: hook),
        .texts("log.hooks[0].levels", beside: hook),
        .text("log.hooks[0].options.smtp.addr", variables: [hookVariables + "SMTP_ADDR"], beside: hook),
        .text("log.hooks[0].options.smtp.username", variables: [hookVariables + "SMTP_USERNAME"], beside: hook),
        .text("log.hooks[0].options.smtp.password", variables: [hookVariables + "SMTP_PASSWORD"], beside: hook),
        .flag("log.hooks[0].options.smtp.insecure", variables: [hookVariables + "SMTP_INSECURE"], beside: hook),
        .text("log.hooks[0].options.from", variables: [hookVariables + "FROM"], beside: hook),
        .texts("log.hooks[0].options.to", variables: [hookVariables + "TO"], beside: hook),
    ]

    private static let auth: [KeyRow] = [
        .text("auth.silly.realm", beside: [("auth.silly.service", "s"), ("auth.silly.realm", "r")]),
        .text("auth.silly.service", beside: [("auth.silly.service", "s"), ("auth.silly.realm", "r")]),
        .text("auth.htpasswd.realm", beside: [("auth.htpasswd.realm", "r"), ("auth.htpasswd.path", "/p")]),
        .text("auth.htpasswd.path", beside: [("auth.htpasswd.realm", "r"), ("auth.htpasswd.path", "/p")]),
        .text("auth.token.realm", beside: token),
        .text("auth.token.service", beside: token),
        .text("auth.token.issuer", beside: token),
        .text("auth.token.rootcertbundle", beside: token),
        .text("auth.token.jwks", beside: token),
        .flag("auth.token.autoredirect", beside: token),
        .text("auth.token.autoredirectpath", "/auth/token", beside: token),
        .texts("auth.token.signingalgorithms", "[EdDSA, RS256]", "[EdDSA,RS256]", beside: token),
    ]

    private static let http: [KeyRow] = [
        KeyRow(
            "http.addr",
            "127.0.0.1:5000",
            "\"[::1]:5443\"",
            "[::1]:5443",
            wrong: "localhost",
            "an address such as :5000"
        ),
        KeyRow("http.net", "tcp", "unix", wrong: "udp", "one of tcp, unix", beside: [("http.addr", "\":5000\"")]),
        .url("http.host"),
        KeyRow("http.prefix", nil, "/mirror/", wrong: "mirror", "begins with a slash"),
        .text("http.secret"),
        .flag("http.relativeurls"),
        .duration("http.draintimeout", "0s"),
        .text("http.tls.certificate", beside: files),
        .text("http.tls.key", beside: files),
        .texts("http.tls.clientcas", beside: files),
        KeyRow(
            "http.tls.clientauth",
            "require-and-verify-client-cert",
            "request-client-cert",
            wrong: "always",
            "one of request-client-cert",
            beside: files + [("http.tls.clientcas", "[/ca.pem]")]
        ),
        KeyRow("http.tls.minimumtls", "tls1.2", "tls1.3", wrong: "1.3", "one of tls1.0", beside: files),
        .texts(
            "http.tls.ciphersuites",
            "[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
            "[TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
            beside: files
        ),
        .text("http.tls.letsencrypt.cachefile", beside: acme),
        .text("http.tls.letsencrypt.email", beside: acme),
        .texts("http.tls.letsencrypt.hosts", beside: acme),
        .url("http.tls.letsencrypt.directoryurl", beside: acme),
        KeyRow("http.headers", nil, "{X-A: [b]}", "{X-A:[b]}", wrong: "{X-A: b}", "a list such as [b]"),
        KeyRow("http.debug.addr", nil, "localhost:5001", wrong: "5001", "an address such as :5000"),
        .flag("http.debug.prometheus.enabled", beside: [("http.debug.addr", "\":5001\"")]),
        KeyRow(
            "http.debug.prometheus.path",
            "/metrics",
            "/numbers",
            wrong: "numbers",
            "begins with a slash",
            beside: [("http.debug.addr", "\":5001\""), ("http.debug.prometheus.enabled", "true")]
        ),
        .flag("http.http2.disabled"),
        .flag("http.h2c.enabled"),
    ]

    private static let events = "REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES"

    private static let services: [KeyRow] =
        [
            .flag("notifications.events.includereferences", variables: [events]),
            .text("notifications.endpoints[0].name", beside: endpoint),
            .flag("notifications.endpoints[0].disabled", beside: endpoint),
            .url("notifications.endpoints[0].url", beside: endpoint),
            KeyRow(
                "notifications.endpoints[0].headers",
                nil,
                "{X-A: [b]}",
                "{X-A:[b]}",
                wrong: "{X-A: b}",
                "a list",
                beside: endpoint
            ),
            .duration("notifications.endpoints[0].timeout", "1s", beside: endpoint),
            .number("notifications.endpoints[0].threshold", 10, beside: endpoint),
            .duration("notifications.endpoints[0].backoff", "1s", beside: endpoint),
            .texts("notifications.endpoints[0].ignoredmediatypes", beside: endpoint),
            .texts("notifications.endpoints[0].ignore.mediatypes", beside: endpoint),
            .texts("notifications.endpoints[0].ignore.actions", beside: endpoint),
            .flag("health.storagedriver.enabled"),
            .duration("health.storagedriver.interval", "10s", beside: [("health.storagedriver.enabled", "true")]),
            .number("health.storagedriver.threshold", 0, beside: [("health.storagedriver.enabled", "true")]),
        ] + checks("file", "FILECHECKERS", [.text("file")], beside: [("health.file[0].file", "/down")])
        + checks(
            "http",
            "HTTPCHECKERS",
            [
                .url("uri"), KeyRow("headers", nil, "{X-A: [b]}", "{X-A:[b]}", wrong: "[a]", "a map"),
                .number("statuscode", 200, 204), .duration("timeout", "0s"),
            ],
            beside: [("health.http[0].uri", "https://example.com")]
        )
        + checks(
            "tcp",
            "TCPCHECKERS",
            [
                KeyRow("addr", nil, "db:5432", wrong: "db", "an address"), .duration("timeout", "0s"),
            ],
            beside: [("health.tcp[0].addr", "\"localhost:1\"")]
        )

    /// Rows of a kind of health check, whose field has another name than its key.
    private static func checks(_ kind: String, _ field: String, _ own: [KeyRow], beside: [(String, String)]) -> [KeyRow]
    {
        (own + [.duration("interval", "10s"), .number("threshold", 0)]).map { row in
            KeyRow(
                "health.\(kind)[0].\(row.path)",
                row.standard,
                row.yaml,
                row.means,
                wrong: row.wrong,
                row.expects,
                variables: ["REGISTRY_HEALTH_\(field)_0_\(row.path.uppercased())"],
                beside: beside
            )
        }
    }

    private static let rest: [KeyRow] = [
        KeyRow("version", "0.1", "\"0.1\"", "0.1", wrong: nil, isTyped: false),
        .number("catalog.maxentries", 1000),
        .number("tags.maxtags", 1000),
        .url("proxy.remoteurl"),
        .text("proxy.username", beside: proxy),
        .text("proxy.password", beside: proxy + [("proxy.username", "u")]),
        .text("proxy.exec.command", beside: proxy),
        .duration("proxy.exec.lifetime", nil, beside: proxy + [("proxy.exec.command", "helper")]),
        .duration("proxy.ttl", "168h", beside: proxy),
        .duration("proxy.cachewritetimeout", "5m", beside: proxy),
        .text("reporting.bugsnag.apikey", beside: bugsnag),
        .text("reporting.bugsnag.releasestage", beside: bugsnag),
        .text("reporting.bugsnag.endpoint", beside: bugsnag),
        .text("reporting.newrelic.licensekey"),
        .text("reporting.newrelic.name"),
        .flag("reporting.newrelic.verbose", beside: [("reporting.newrelic.name", "n")]),
        .flag("compatibility.schema1.enabled"),
        .text("compatibility.schema1.signingkeyfile", variables: ["REGISTRY_COMPATIBILITY_SCHEMA1_TRUSTKEY"]),
        .flag("validation.enabled", beside: [("validation.disabled", "true")]),
        .flag("validation.disabled"),
        .texts("validation.manifests.urls.allow", "[\"^https://one/\"]", "[^https://one/]"),
        .texts("validation.manifests.urls.deny", "[\"^http:\"]", "[^http:]"),
        KeyRow(
            "validation.manifests.indexes.platforms",
            "all",
            "None",
            "none",
            wrong: "some",
            "one of all, none, list"
        ),
        .text(
            "validation.manifests.indexes.platformlist[0].architecture",
            beside: [("validation.manifests.indexes.platforms", "list")]
        ),
        .text(
            "validation.manifests.indexes.platformlist[0].os",
            beside: [("validation.manifests.indexes.platforms", "list")]
        ),
        .texts("policy.repository.classes", "[image, plugin]", "[image,plugin]"),
    ]

    /// The keys of `redis`, of both versions.
    static let redisRows: [KeyRow] =
        [
            KeyRow("redis.addr", nil, "redis:6379", wrong: "redis", "an address"),
            .texts("redis.addrs", "[\"a:1\", \"b:2\"]", "[a:1,b:2]", variables: ["REGISTRY_REDIS_OPTIONS_ADDRS"]),
        ]
        + [
            "mastername", "clientname", "username", "password", "sentinelusername", "sentinelpassword",
            "identitysuffix",
        ]
        .map { .text("redis.\($0)", variables: ["REGISTRY_REDIS_OPTIONS_" + $0.uppercased()], beside: redis) }
        + [
            ("db", 0, 2), ("protocol", 3, 2), ("maxretries", 3, 2), ("poolsize", nil, 64), ("minidleconns", 0, 2),
            ("maxidleconns", nil, 16), ("maxactiveconns", nil, 9), ("maxredirects", 3, 8),
        ]
        .map { .number("redis.\($0.0)", $0.1, $0.2, beside: redis) }
        + [
            ("minretrybackoff", "8ms"), ("maxretrybackoff", "512ms"), ("dialtimeout", "5s"), ("readtimeout", "3s"),
            ("writetimeout", "3s"), ("pooltimeout", nil), ("connmaxidletime", nil), ("connmaxlifetime", nil),
        ]
        .map { .duration("redis.\($0.0)", $0.1, beside: redis) }
        + [
            "contexttimeoutenabled", "poolfifo", "readonly", "routebylatency", "routerandomly", "disableidentity",
            "unstableresp3",
        ]
        .map { .flag("redis.\($0)", beside: redis) }
        + [
            .number("redis.pool.maxidle", nil, beside: redis),
            .number("redis.pool.maxactive", nil, beside: redis),
            .duration("redis.pool.idletimeout", nil, beside: redis),
            .text("redis.tls.certificate", beside: redis + [("redis.tls.certificate", "/c"), ("redis.tls.key", "/k")]),
            .text("redis.tls.key", beside: redis + [("redis.tls.certificate", "/c"), ("redis.tls.key", "/k")]),
            .texts("redis.tls.rootcas", beside: redis),
        ]
}
