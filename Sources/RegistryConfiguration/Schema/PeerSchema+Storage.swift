extension PeerSchema {
    /// The keys beside the driver.
    static let storageReserved = ["maintenance", "cache", "delete", "redirect", "tag"]

    /// Drivers that the peer has or had and that aren't built here.
    static let absentDrivers = ["oss", "swift"]

    static let storageKind = GroupKind.alternatives("storage driver", reserved: storageReserved)

    static let storage: [Setting] = [
        group(
            "filesystem",
            [
                text("rootdirectory", "/var/lib/registry").zeroMeansDefault,
                looseNumber("maxthreads", 100, in: Int.min...Int.max),
            ],
            .parameters
        ).optional,
        group("inmemory", [], .parameters).optional,
        group("s3", s3, .parameters).optional,
        group("s3aws", s3, .parameters).optional,
        group("gcs", gcs, .parameters).optional,
        group("azure", azure, .parameters).optional,
        Setting("oss", .map(.anything)).secret.optional,
        Setting("swift", .map(.anything)).secret.optional,
        group("delete", [flag("enabled").ignoredWhenWrong], .parameters),
        group("redirect", [flag("disable")], .parameters),
        group(
            "cache",
            [
                text("blobdescriptor").alias("layerinfo"),
                looseNumber("blobdescriptorsize", 10_000, in: Int.min...Int.max),
            ],
            .parameters
        ),
        group(
            "maintenance",
            [
                group(
                    "uploadpurging",
                    [
                        flag("enabled", true),
                        span("age", "168h", needsUnit: true),
                        span("interval", "24h", needsUnit: true),
                        flag("dryrun"),
                    ],
                    .parameters
                ),
                group("readonly", [flag("enabled")], .parameters),
            ],
            .parameters
        ),
        group("tag", [number("concurrencylimit")], .parameters),
    ]

    private static let mebibyte = 1 << 20
    private static let partSize = 5 * mebibyte...5 * 1024 * mebibyte

    private static let s3: [Setting] = [
        text("accesskey"),
        text("secretkey").secret,
        text("region"),
        text("regionendpoint"),
        text("redirectendpoint"),
        // No default: version 2 decides by the endpoint.
        Setting("forcepathstyle", .bool(lenient: true)),
        text("bucket", nil, .nonEmpty).required,
        looseFlag("encrypt"),
        text("keyid"),
        looseFlag("secure", true),
        looseFlag("skipverify"),
        looseFlag("v4auth", true),
        looseNumber("chunksize", 10 * mebibyte, in: partSize),
        looseNumber("multipartcopychunksize", 32 * mebibyte, in: partSize),
        looseNumber("multipartcopymaxconcurrency", 100, in: 1...Int.max),
        looseNumber("multipartcopythresholdsize", 32 * mebibyte, in: 0...partSize.upperBound),
        text("rootdirectory"),
        word("storageclass", storageClasses, "STANDARD", folding: true),
        text("useragent"),
        word("objectacl", objectACLs, "private"),
        looseFlag("usedualstack"),
        looseFlag("accelerate"),
        looseFlag("usefipsendpoint"),
        text("loglevel", "off"),
    ]

    private static let storageClasses = [
        "NONE", "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "OUTPOSTS",
        "GLACIER_IR", "EXPRESS_ONEZONE",
    ]

    private static let objectACLs = [
        "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
        "bucket-owner-full-control",
    ]

    private static let gcs: [Setting] = [
        text("bucket", nil, .nonEmpty).required,
        text("keyfile"),
        Setting("credentials", .map(.anything)).secret,
        text("rootdirectory"),
        looseNumber("chunksize", 16 * mebibyte, in: 256 * 1024...Int.max),
        looseNumber("maxconcurrency", 50, in: Int.min...Int.max),
        text("useragent"),
    ]

    private static let azure: [Setting] = [
        text("accountname", nil, .nonEmpty).required,
        text("accountkey").secret,
        text("container", nil, .nonEmpty).required,
        group(
            "credentials",
            [
                word("type", ["shared_key", "client_secret", "default_credentials"]),
                text("clientid"),
                text("tenantid"),
                text("secret").secret,
            ],
            .parameters
        ).optional,
        text("connectionstring").secret,
        text("realm", "core.windows.net").zeroMeansDefault,
        text("serviceurl", nil, .webURL),
        text("rootdirectory"),
        looseNumber("max_retries", 5).zeroMeansDefault,
        span("retry_delay", "100ms", needsUnit: true).zeroMeansDefault,
        looseFlag("skipverify"),
    ]
}
