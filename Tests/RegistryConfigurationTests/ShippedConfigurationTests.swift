import Testing

@testable import RegistryConfiguration

/// Configurations in the manner of those that the peer ships, each key of them with other values.
@Suite("Configurations as the peer ships them")
struct ShippedConfigurationTests {
    @Test("that of a development image")
    func development() throws {
        let configuration = try load(
            """
            version: 0.1
            log: {level: debug, fields: {service: registry, environment: development}}
            storage:
                delete: {enabled: true}
                cache: {blobdescriptor: inmemory}
                filesystem: {rootdirectory: /srv/registry}
                maintenance: {uploadpurging: {enabled: false}}
                tag: {concurrencylimit: 8}
            http:
                addr: :5000
                debug: {addr: ":5001", prometheus: {enabled: true, path: /metrics}}
                headers: {X-Content-Type-Options: [nosniff]}
            health: {storagedriver: {enabled: true, interval: 10s, threshold: 3}}
            """
        )
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.fields == ["service": "registry", "environment": "development"])
        #expect(configuration.storage.isDeleteEnabled)
        #expect(configuration.storage.cache == .inmemory)
        #expect(configuration.storage.cacheSize == 10_000)
        #expect(!configuration.storage.uploadPurging.isEnabled)
        #expect(configuration.storage.tagLookupConcurrency == 8)
        #expect(configuration.http.listener == ListenAddress(":5000").map { .tcp($0) })
        #expect(configuration.http.debug?.address == ListenAddress(":5001"))
        #expect(configuration.http.debug?.metricsPath == "/metrics")
        #expect(configuration.http.headers == [HeaderField(name: "X-Content-Type-Options", values: ["nosniff"])])
        #expect(configuration.health.storageDriver?.threshold == 3)
        #expect(configuration.http.tls == nil)
        #expect(configuration.auth == .none)
    }

    @Test("that of a pull-through cache, in version 3's form")
    func cache() throws {
        let configuration = try load(
            """
            version: 0.1
            storage:
                cache: {blobdescriptor: redis}
                filesystem: {rootdirectory: /srv/cache}
            http: {addr: ":5000", secret: development, debug: {addr: "localhost:5001"}}
            redis:
              addrs: [localhost:6379]
              maxidleconns: 16
              poolsize: 64
              connmaxidletime: 300s
              dialtimeout: 10ms
            notifications:
                events: {includereferences: true}
                endpoints:
                    - name: local
                      url: http://localhost:5003/callback
                      headers:
                         Authorization: [Bearer token]
                      timeout: 1s
                      disabled: true
            proxy: {remoteurl: "https://registry.example.com", username: u, password: p}
            """
        )
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.storage.cache == .redis)
        #expect(configuration.redis?.addresses == ["localhost:6379"])
        #expect(configuration.redis?.poolSize == 64)
        #expect(configuration.redis?.dialTimeout == .milliseconds(10))
        #expect(configuration.notifications.includesReferences)
        #expect(configuration.notifications.endpoints.first?.isDisabled == true)
        #expect(configuration.proxy?.credentials == .password(username: "u", password: "p"))
        #expect(configuration.proxy?.ttl == .seconds(168 * 3600))
    }

    @Test("that of the documentation for version 2, with tabs of every section")
    func versionTwo() throws {
        let configuration = try load(
            """
            version: "0.1"
            log: {accesslog: {disabled: true}, level: Info, formatter: logstash}
            loglevel: debug
            storage: {s3aws: {bucket: b, region: us-east-1, secure: "false", chunksize: "10485760"}, redirect: {disable: no}}
            auth: {token: {realm: r, service: s, issuer: i, rootcertbundle: /r.pem, autoredirect: on}}
            reporting: {newrelic: {licensekey: k, name: n, verbose: true}}
            http: {addr: "localhost:443", tls: {certificate: /c, key: /k, clientcas: [/a], minimumtls: tls1.0}}
            compatibility: {schema1: {signingkeyfile: /k, enabled: true}}
            validation: {manifests: {urls: {allow: ["^https?://([^/]+\\\\.)*example\\\\.com/"], deny: []}}}
            """
        )
        #expect(configuration.log.level == .info)
        #expect(configuration.log.isAccessLogDisabled)
        guard case .s3(let s3) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(configuration.storage.driverKey == "s3aws")
        #expect(!s3.isSecure && s3.forcesPathStyle == nil)
        #expect(configuration.http.tls?.minimumVersion == .tls1_0)
        #expect(configuration.compatibility.isSchema1Enabled)
        #expect(configuration.validation.allowedURLs.count == 1)
        #expect(configuration.warnings.map(\.keyPath) == ["loglevel"])
    }
}
