extension KeyRow {
    static let storage: [KeyRow] =
        [
            .text("storage.filesystem.rootdirectory", "/var/lib/registry"),
            .number("storage.filesystem.maxthreads", 100),
            KeyRow("storage.inmemory", "{}", "{}", wrong: "[a]", "a map", isTyped: false),
            .flag("storage.redirect.disable"),
            .flag("storage.maintenance.readonly.enabled"),
            .flag("storage.maintenance.uploadpurging.enabled", true),
            .duration("storage.maintenance.uploadpurging.age", "168h"),
            .duration("storage.maintenance.uploadpurging.interval", "24h"),
            .flag("storage.maintenance.uploadpurging.dryrun"),
            .number("storage.tag.concurrencylimit", nil),
            KeyRow(
                "storage.cache.blobdescriptor",
                nil,
                "inmemory",
                wrong: "[a]",
                "a text",
                variables: ["REGISTRY_STORAGE_CACHE_LAYERINFO"]
            ),
            .number("storage.cache.blobdescriptorsize", 10_000),
            // A value of another type is ignored here, see the tests of storage.
            KeyRow("storage.delete.enabled", "false", "on", "true", wrong: nil),
        ] + s3("s3") + s3("s3aws") + gcs + azure

    private static func s3(_ driver: String) -> [KeyRow] {
        let beside = [
            ("storage.\(driver).bucket", "b"), ("storage.\(driver).region", "r"),
            ("storage.\(driver).accesskey", "a"), ("storage.\(driver).secretkey", "s"),
        ]
        let texts: [KeyRow] = [
            "accesskey", "secretkey", "region", "regionendpoint", "redirectendpoint", "bucket", "keyid",
            "rootdirectory", "useragent",
        ].map { .text("storage.\(driver).\($0)", beside: beside) }
        let flags: [KeyRow] = [
            ("encrypt", false), ("secure", true), ("skipverify", false),
            ("usedualstack", false), ("accelerate", false), ("usefipsendpoint", false),
        ].map { .flag("storage.\(driver).\($0.0)", $0.1, beside: beside) }
        let megabyte = 1 << 20
        let numbers: [KeyRow] = [
            ("chunksize", 10 * megabyte), ("multipartcopychunksize", 32 * megabyte),
            ("multipartcopymaxconcurrency", 100), ("multipartcopythresholdsize", 32 * megabyte),
        ].map { .number("storage.\(driver).\($0.0)", $0.1, 6 * megabyte, beside: beside) }
        return texts + flags + numbers + [
            KeyRow("storage.\(driver).forcepathstyle", nil, "true", wrong: "maybe", "true or false", beside: beside),
            .flag(
                "storage.\(driver).v4auth",
                true,
                beside: beside + [("storage.\(driver).regionendpoint", "https://minio.example.com")]
            ),
            KeyRow(
                "storage.\(driver).storageclass",
                "STANDARD",
                "glacier_ir",
                "GLACIER_IR",
                wrong: "COLD",
                "one of NONE",
                beside: beside
            ),
            KeyRow(
                "storage.\(driver).objectacl",
                "private",
                "public-read",
                wrong: "secret",
                "one of private",
                beside: beside
            ),
            .text("storage.\(driver).loglevel", "off", beside: beside),
        ]
    }

    private static let gcs: [KeyRow] = {
        let beside = [("storage.gcs.bucket", "b")]
        return ["bucket", "keyfile", "rootdirectory", "useragent"].map { .text("storage.gcs.\($0)", beside: beside) }
            + [
                .number("storage.gcs.chunksize", 16 << 20, 1 << 20, beside: beside),
                .number("storage.gcs.maxconcurrency", 50, beside: beside),
                KeyRow("storage.gcs.credentials", nil, "{type: x}", "{type:x}", wrong: "x", "a map", beside: beside),
            ]
    }()

    private static let azure: [KeyRow] = {
        let beside = [("storage.azure.accountname", "n"), ("storage.azure.container", "c")]
        let secret =
            beside + [
                ("storage.azure.credentials.type", "client_secret"), ("storage.azure.credentials.clientid", "i"),
                ("storage.azure.credentials.tenantid", "t"), ("storage.azure.credentials.secret", "s"),
            ]
        return ["accountname", "accountkey", "container", "connectionstring", "rootdirectory"].map {
            KeyRow.text("storage.azure.\($0)", beside: beside)
        } + ["clientid", "tenantid", "secret"].map { .text("storage.azure.credentials.\($0)", beside: secret) } + [
            KeyRow(
                "storage.azure.credentials.type",
                nil,
                "default_credentials",
                wrong: "magic",
                "one of shared_key",
                beside: beside
            ),
            .text("storage.azure.realm", "core.windows.net", beside: beside),
            .url("storage.azure.serviceurl", beside: beside),
            .number("storage.azure.max_retries", 5, beside: beside),
            .duration("storage.azure.retry_delay", "100ms", beside: beside),
            .flag("storage.azure.skipverify", beside: beside),
        ]
    }()

    static let middleware: [KeyRow] = {
        let path = "middleware.storage[0]"
        let cloudFront = [
            ("\(path).name", "cloudfront"), ("\(path).options.baseurl", "https://x"),
            ("\(path).options.privatekey", "/k"), ("\(path).options.keypairid", "i"),
        ]
        let redirect = [("\(path).name", "redirect"), ("\(path).options.baseurl", "https://x")]
        let texts: [KeyRow] = ["baseurl", "privatekey", "keypairid", "awsregion"].map {
            .text("\(path).options.\($0)", beside: cloudFront)
        }
        return texts + [
            KeyRow(
                "\(path).name",
                nil,
                "redirect",
                wrong: "mirror",
                "one of cloudfront",
                beside: redirect,
                isTyped: false
            ),
            .flag("\(path).disabled", beside: redirect),
            .duration("\(path).options.duration", "20m", beside: cloudFront),
            .duration("\(path).options.updatefrequency", "12h", beside: cloudFront),
            KeyRow(
                "\(path).options.ipfilteredby",
                "none",
                "AWS",
                "aws",
                wrong: "all",
                "one of none, aws, awsregion",
                beside: cloudFront
            ),
            KeyRow(
                "\(path).options.iprangesurl",
                "https://ip-ranges.amazonaws.com/ip-ranges.json",
                "https://mirror/x",
                wrong: "mirror",
                "a URL",
                beside: cloudFront
            ),
            .text("\(path).options.scheme", beside: [("\(path).name", "rewrite")]),
            .text("\(path).options.host", beside: [("\(path).name", "rewrite")]),
            .text("\(path).options.trimpathprefix", beside: [("\(path).name", "rewrite")]),
        ]
    }()

    static let all: [KeyRow] = general + redisRows + storage + middleware
}
