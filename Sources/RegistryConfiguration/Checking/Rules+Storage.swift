extension Rules {
    mutating func checkStorage() {
        let entries = value("storage")?.entries ?? []
        let drivers = entries.filter { !PeerSchema.storageReserved.contains($0.key) }
        if drivers.isEmpty {
            missing(
                "storage",
                "no storage configuration provided",
                expected: "one of filesystem, inmemory, s3, s3aws, gcs, azure"
            )
        }
        if drivers.count > 1 {
            let names = drivers.map(\.key).sorted().joined(separator: ", ")
            error(
                "storage." + (drivers.last?.key ?? ""),
                "multiple storage drivers specified in configuration or environment: \(names)",
                expected: "exactly one; REGISTRY_STORAGE=\(drivers.last?.key ?? "") replaces the file's"
            )
        }
        for driver in drivers where PeerSchema.absentDrivers.contains(driver.key) {
            error(
                "storage.\(driver.key)",
                "the storage driver '\(driver.key)' is not available",
                expected: driver.key == "swift" ? "s3, through Swift's S3 interface" : "one of the other drivers"
            )
        }
        checkS3()
        checkOtherDrivers()
        checkCache()
    }

    private mutating func checkS3() {
        for key in ["s3", "s3aws"] where value("storage.\(key)") != nil {
            let path = "storage.\(key)"
            let s3 = section(path)
            if s3.optionalString("region") == nil, s3.optionalString("regionendpoint") == nil {
                missing("\(path).region", "no region parameter provided", expected: "a region, or regionendpoint")
            }
            let endpoint = s3.string("regionendpoint")
            if value("\(path).v4auth") != nil, !s3.bool("v4auth"),
                endpoint.isEmpty || endpoint.contains("s3.amazonaws.com")
            {
                error("\(path).v4auth", "on Amazon S3 this storage driver can only be used with v4 authentication")
            }
            if (s3.optionalString("accesskey") == nil) != (s3.optionalString("secretkey") == nil) {
                let present = s3.optionalString("accesskey") == nil ? "secretkey" : "accesskey"
                warning("\(path).\(present)", "stands alone and has no effect", expected: "accesskey and secretkey")
            }
        }
    }

    private mutating func checkOtherDrivers() {
        let quarter = 256 * 1024
        if section("storage.gcs").integer("chunksize") % quarter != 0 {
            error("storage.gcs.chunksize", text("storage.gcs.chunksize"), expected: "a multiple of \(quarter)")
        }
        let credentials = section("storage.azure.credentials")
        if credentials.string("type") == "client_secret" {
            for key in ["clientid", "tenantid", "secret"] where credentials.optionalString(key) == nil {
                missing("storage.azure.credentials.\(key)", "is missing and type is client_secret")
            }
        }
    }

    private mutating func checkCache() {
        let cache = text("storage.cache.blobdescriptor")
        switch cache {
        case "", "inmemory": break
        case "redis":
            if value("redis") == nil, !isRefused(under: "redis") {
                error(
                    "storage.cache.blobdescriptor",
                    "redis configuration required to use for layerinfo cache",
                    expected: "a redis section with an address"
                )
            }
            if isSet("storage.cache.blobdescriptorsize") {
                warning("storage.cache.blobdescriptorsize", "has no effect with the redis cache")
            }
        default:
            warning(
                "storage.cache.blobdescriptor",
                "unknown cache type '\(cache)', caching disabled",
                expected: "inmemory or redis"
            )
        }
    }
}
