extension Rules {
    mutating func checkNotifications() {
        for (index, endpoint) in (value("notifications.endpoints")?.elements ?? []).enumerated() {
            let path = "notifications.endpoints[\(index)]"
            let url = endpoint["url"]?.scalar?.text ?? ""
            guard WebAddress(url) == nil, !isRefused(under: path + ".url") else { continue }
            // The peer doesn't look at an endpoint that is disabled.
            let severity: ConfigurationDiagnostic.Severity =
                Section(value: endpoint).bool("disabled") ? .warning : .error
            let problem = url.isEmpty ? "is missing" : "'\(url)'"
            report(severity, endpoint, "url", path, problem, expected: "a URL such as https://events.example.com/hook")
        }
    }

    mutating func checkHealth() {
        var names: Set<String> = []
        for (kind, key) in [("file", "file"), ("http", "uri"), ("tcp", "addr")] {
            for (index, check) in (value("health.\(kind)")?.elements ?? []).enumerated() {
                guard let name = check[key]?.scalar?.text, !names.insert(name).inserted else { continue }
                report(.error, check, key, "health.\(kind)[\(index)]", "'\(name)' is checked twice")
            }
        }
    }

    mutating func checkRedis() {
        guard value("redis") != nil else { return }
        let redis = section("redis")
        let hasAddress = redis.optionalString("addr") != nil || !redis.strings("addrs").isEmpty
        if !hasAddress, !isRefused(under: "redis") {
            warning("redis", "redis not configured", expected: "redis.addrs, or redis.addr")
        }
        if redis.optionalString("addr") != nil, !redis.strings("addrs").isEmpty {
            warning("redis.addr", "has no effect beside redis.addrs")
        }
        if !hasAddress, !isRefused(under: "redis"), text("storage.cache.blobdescriptor") == "redis" {
            error("storage.cache.blobdescriptor", "redis configuration required to use for layerinfo cache")
        }
        let tls = section("redis.tls")
        if (tls.optionalString("certificate") == nil) != (tls.optionalString("key") == nil) {
            let missing = tls.optionalString("key") == nil ? "key" : "certificate"
            self.missing("redis.tls.\(missing)", "is missing", expected: "certificate and key, or neither")
        }
    }

    mutating func checkLogHooks() {
        for (index, hook) in (value("log.hooks")?.elements ?? []).enumerated() {
            let section = Section(value: hook)
            let path = "log.hooks[\(index)]"
            guard !section.bool("disabled"), !isRefused(under: path) else { continue }
            let options = section.section("options")
            if options?.section("smtp")?.optionalString("addr") == nil {
                report(.error, hook, "options", path, "names no mail server", expected: "options.smtp.addr")
            }
            if options?.strings("to").isEmpty ?? true {
                report(.error, hook, "options", path, "names no receiver", expected: "options.to")
            }
        }
    }
}
