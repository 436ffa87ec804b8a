extension Rules {
    mutating func checkListener() {
        let address = text("http.addr")
        if text("http.net") == "unix" {
            if !isSet("http.addr") || address == Configuration.HTTP.defaultAddress {
                missing("http.addr", "is missing and http.net is unix", expected: "a socket's path")
            }
        } else if let expected = TextRule.address.expectation(unmetBy: address) {
            error("http.addr", "'\(address)'", expected: expected)
        }
        if let expected = TextRule.address.expectation(unmetBy: text("http.debug.addr")) {
            error("http.debug.addr", "'\(text("http.debug.addr"))'", expected: expected)
        }
        let debug = section("http.debug")
        if debug.optionalString("addr") == nil, debug.section("prometheus")?.bool("enabled") == true {
            warning("http.debug.prometheus.enabled", "has no effect without http.debug.addr")
        }
    }

    mutating func checkTLS() {
        let tls = section("http.tls")
        let hasCertificate = tls.optionalString("certificate") != nil
        let hasKey = tls.optionalString("key") != nil
        let cache = text("http.tls.letsencrypt.cachefile")
        if hasCertificate, !hasKey { missing("http.tls.key", "is missing and http.tls.certificate is set") }
        if hasKey, !hasCertificate { missing("http.tls.certificate", "is missing and http.tls.key is set") }
        if hasCertificate, !cache.isEmpty {
            error("http.tls.letsencrypt.cachefile", "cannot specify both certificate and Let's Encrypt")
        }
        if cache.isEmpty {
            for key in ["email", "hosts", "directoryurl"] where isSet("http.tls.letsencrypt.\(key)") {
                missing("http.tls.letsencrypt.cachefile", "is missing and http.tls.letsencrypt.\(key) is set")
                break
            }
        }
        if !hasCertificate, !hasKey, cache.isEmpty {
            for key in ["clientcas", "clientauth", "minimumtls", "ciphersuites"] where isSet("http.tls.\(key)") {
                warning("http.tls.\(key)", "has no effect without a certificate")
            }
        } else if isSet("http.tls.clientauth"), tls.strings("clientcas").isEmpty {
            warning("http.tls.clientauth", "has no effect without http.tls.clientcas")
        }
        if tls.string("minimumtls") == "tls1.3", !tls.strings("ciphersuites").isEmpty {
            warning("http.tls.ciphersuites", "has no effect when http.tls.minimumtls is tls1.3")
        }
    }

    mutating func checkProxy() {
        guard value("proxy") != nil else { return }
        if text("proxy.remoteurl").isEmpty {
            warning("proxy", "has no effect without proxy.remoteurl")
        }
        if value("proxy.exec") != nil, !text("proxy.username").isEmpty {
            warning("proxy.username", "has no effect beside proxy.exec")
        }
    }
}
