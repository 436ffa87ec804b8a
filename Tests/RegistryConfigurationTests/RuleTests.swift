import Testing

@testable import RegistryConfiguration

@Suite("Rules between keys")
struct RuleTests {
    /// A configuration in memory, with more lines.
    private func document(_ lines: String) -> String { "version: 0.1\nstorage: inmemory\n" + lines }

    @Test(
        "what can't hold together is refused before anything is opened",
        arguments: [
            ("http: {net: unix}", "http.addr: is missing and http.net is unix"),
            ("http: {tls: {certificate: /c}}", "http.tls.key: is missing and http.tls.certificate is set"),
            ("http: {tls: {key: /k}}", "http.tls.certificate: is missing and http.tls.key is set"),
            (
                "http: {tls: {certificate: /c, key: /k, letsencrypt: {cachefile: /x}}}",
                "cannot specify both certificate and Let's Encrypt"
            ),
            ("http: {tls: {letsencrypt: {hosts: [a]}}}", "http.tls.letsencrypt.cachefile: is missing"),
            ("http: {host: registry.example.com}", "(did you mean https://registry.example.com?)"),
            (
                "http: {tls: {certificate: /c, key: /k, ciphersuites: [TLS_AES_128_GCM_SHA25]}}",
                "TLS_AES_128_GCM_SHA256?"
            ),
            ("http: {draintimeout: -5s}", "not negative"),
            (
                "auth: {silly: {realm: r, service: s}, none: {}}",
                "must provide exactly one type. Provided: [none silly]"
            ),
            ("auth: {htpassword: {realm: r}}", "'htpassword' is not a known authentication"),
            ("auth: {htpasswd: {realm: r}}", "auth.htpasswd.path: is required and missing"),
            ("auth: htpasswd", "auth.htpasswd.realm: is required and missing"),
            ("auth: {token: {realm: r, service: s, issuer: i}}", "there is no key to check tokens with"),
            (
                "auth: {token: {realm: '', service: s, issuer: i, jwks: j}}",
                "auth.token.realm: ''; expected a text that isn't empty"
            ),
            (
                "tags: {maxtags: -1}",
                "tags.maxtags: maxtags limit must be a non-negative integer value"
            ),
            ("validation: {manifests: {urls: {allow: ['(']}}}", "validation.manifests.urls.allow[0]: '('"),
            ("notifications: {endpoints: [{name: a}]}", "notifications.endpoints[0].url: is missing"),
            ("notifications: {endpoints: [{url: 'ftp://x'}]}", "notifications.endpoints[0].url: 'ftp://x'"),
            ("health: {file: [{file: /a}, {file: /a}]}", "health.file[1].file: '/a' is checked twice"),
            ("health: {http: [{uri: ''}]}", "health.http[0].uri: is required and stands empty"),
            ("health: {tcp: [{threshold: 1}]}", "health.tcp[0].addr: is required and missing"),
            ("redis: {addrs: ['a:1'], tls: {certificate: /c}}", "redis.tls.key: is missing"),
            ("proxy: {remoteurl: registry-1.docker.io}", "(did you mean https://registry-1.docker.io?)"),
            ("proxy: {remoteurl: 'https://x', exec: {lifetime: 1h}}", "proxy.exec.command: is required and missing"),
            ("middleware: {storage: [{name: redirekt}]}", "'redirekt' is not a known middleware"),
            (
                "middleware: {storage: [{name: redirect}]}",
                "middleware.storage[0].options.baseurl: is required and missing"
            ),
            ("middleware: {registry: [{name: x}]}", "'x' is not a known middleware"),
            ("log: {hooks: [{type: mail}]}", "log.hooks[0].options: names no mail server"),
            ("registryd: {x: 1}", "registryd.x: is not a known key"),
        ]
    )
    func refused(lines: String, message: String) {
        let found = errors(document(lines))
        #expect(found.contains { $0.contains(message) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("config.yml:3:") }, "\(found)")
    }

    @Test(
        "storage that can't work is refused",
        arguments: [
            ("{s3: {bucket: b}}", "storage.s3.region: no region parameter provided"),
            ("{s3: {region: r}}", "storage.s3.bucket: is required and missing"),
            ("{s3: {bucket: b, region: r, v4auth: false}}", "can only be used with v4 authentication"),
            ("{s3: {bucket: b, region: r, chunksize: 1024}}", "an integer from 5242880 to 5368709120"),
            ("{gcs: {bucket: b, chunksize: 300000}}", "a multiple of 262144"),
            ("{azure: {container: c}}", "storage.azure.accountname: is required and missing"),
            (
                "{azure: {accountname: a, container: c, credentials: {type: client_secret, tenantid: t, secret: s}}}",
                "storage.azure.credentials.clientid: is missing"
            ),
            ("{swift: {username: u}}", "the storage driver 'swift' is not available; expected s3"),
            ("{oss: }", "the storage driver 'oss' is not available"),
            ("nfs", "'nfs' is not a known storage driver"),
            ("{filesystem: {}, inmemory: {}}", "multiple storage drivers specified"),
            ("{inmemory: {}, redirect: {disable: 'true'}}", "storage.redirect.disable: 'true'; expected true or false"),
            ("{inmemory: {}, maintenance: {readonly: yes}}", "storage.maintenance.readonly: yes (a boolean)"),
            ("{inmemory: {}, maintenance: {uploadpurging: false}}", "storage.maintenance.uploadpurging: false"),
            ("{inmemory: {}, tag: {concurrencylimit: -1}}", "an integer of at least 0"),
            ("{inmemory: {}, cache: {blobdescriptor: redis}}", "redis configuration required"),
            ("[s3]", "storage: a list; expected a map"),
        ]
    )
    func refusedStorage(storage: String, message: String) {
        let found = errors("version: 0.1\nstorage: \(storage)\n")
        #expect(found.contains { $0.contains(message) }, "\(found)")
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("config.yml:2:") }, "\(found)")
    }

    @Test(
        "what the peer takes without effect is taken, with a warning",
        arguments: [
            ("http: {tls: {minimumtls: tls1.3}}", "http.tls.minimumtls: has no effect without a certificate"),
            ("http: {tls: {certificate: /c, key: /k, clientauth: request-client-cert}}", "without http.tls.clientcas"),
            (
                "http: {tls: {certificate: /c, key: /k, minimumtls: tls1.3, ciphersuites: [TLS_AES_128_GCM_SHA256]}}",
                "http.tls.ciphersuites: has no effect"
            ),
            ("http: {debug: {prometheus: {enabled: true}}}", "has no effect without http.debug.addr"),
            ("redis: {db: 1}", "redis not configured"),
            ("redis: {addr: 'a:1', addrs: ['b:1']}", "redis.addr: has no effect beside redis.addrs"),
            ("proxy: {username: u}", "has no effect without proxy.remoteurl"),
            ("notifications: {endpoints: [{url: nowhere, disabled: true}]}", "notifications.endpoints[0].url"),
        ]
    )
    func warned(lines: String, message: String) throws {
        let configuration = try load(document(lines))
        #expect(configuration.warnings.map(\.description).contains { $0.contains(message) })
    }

    @Test("a quoted boolean doesn't switch deletion on, as with the peer, and says so")
    func quotedDelete() throws {
        let configuration = try load("version: 0.1\nstorage: {inmemory: {}, delete: {enabled: \"true\"}}")
        #expect(!configuration.storage.isDeleteEnabled)
        #expect(
            configuration.warnings.first?.message
                == "storage.delete.enabled: 'true' is ignored here; expected true or false, without quotes"
        )
    }

    @Test("an unknown cache is off, as with the peer, and says so")
    func unknownCache() throws {
        let configuration = try load("version: 0.1\nstorage: {inmemory: {}, cache: {layerinfo: memcached}}")
        #expect(configuration.storage.cache == nil)
        #expect(configuration.warnings.first?.problem == "unknown cache type 'memcached', caching disabled")
    }

    @Test("the older names of keys are read, and lose to the newer ones")
    func aliases() throws {
        let old = try load("version: 0.1\nstorage: {inmemory: {}, cache: {layerinfo: inmemory}}")
        #expect(old.storage.cache == .inmemory)
        let both = "version: 0.1\nstorage: {inmemory: {}, cache: {layerinfo: redis, blobdescriptor: inmemory}}"
        #expect(try load(both).storage.cache == .inmemory)
        let options = "{baseurl: x, privatekey: /k, keypairid: i, updatefrenquency: 1h}"
        let middleware = try load(
            document("middleware: {storage: [{name: cloudfront, options: \(options)}]}")
        ).middleware
        guard case .cloudFront(let cloudFront) = middleware.storage.first else {
            Issue.record("no CloudFront: \(middleware.storage)")
            return
        }
        #expect(cloudFront.updateFrequency == .seconds(3600))
        #expect(cloudFront.baseURL == "https://x")
    }

    @Test("redis of version 2 means the same as its successor")
    func redisGenerations() throws {
        let old = try load(
            document("redis: {addr: 'r:1', password: p, pool: {maxidle: 16, maxactive: 64, idletimeout: 300s}}")
        )
        let new = try load(
            document(
                "redis: {addrs: ['r:1'], password: p, maxidleconns: 16, maxactiveconns: 64, connmaxidletime: 300s}"
            )
        )
        #expect(old.redis == new.redis)
        #expect(old.redis?.maxIdleTime == .seconds(300))
    }

    @Test("zero means the default where the peer takes it so")
    func zero() throws {
        let configuration = try load(
            document(
                """
                catalog: {maxentries: -5}
                tags: {maxtags: 0}
                notifications: {endpoints: [{url: 'http://a/', timeout: 0, threshold: 0, backoff: 0s}]}
                health: {storagedriver: {enabled: true, interval: 0}}
                proxy: {remoteurl: 'https://x', ttl: 0}
                """
            )
        )
        #expect(configuration.catalog.maxEntries == 1000)
        #expect(configuration.tags.maxTags == 1000)
        #expect(configuration.notifications.endpoints.first?.timeout == .seconds(1))
        #expect(configuration.notifications.endpoints.first?.threshold == 10)
        #expect(configuration.health.storageDriver?.interval == .seconds(10))
        #expect(configuration.proxy?.ttl == nil)
    }

    @Test("a negative number switches a limit of redis off")
    func negative() throws {
        let redis = try load(document("redis: {addr: 'a:1', maxretries: -1, readtimeout: -1, maxredirects: 0}")).redis
        #expect(redis?.maxRetries == -1)
        #expect(redis?.readTimeout == .nanoseconds(-1))
        #expect(redis?.maxRedirects == 3)
    }

    @Test("limits below the peer's least are raised to it, and prefixes get their slashes")
    func raised() throws {
        let configuration = try load(
            "version: 0.1\nstorage: {filesystem: {maxthreads: 3}}\nhttp: {prefix: /mirror}"
        )
        guard case .filesystem(let files) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(files.maxThreads == 25)
        #expect(configuration.http.prefix == "/mirror/")
    }

    @Test("a secret is never part of a message")
    func secretsInMessages() {
        let text = """
            version: 0.1
            storage: {s3: {bucket: b, region: r, accesskey: a, secretkey: {hunter2: hunter2}}}
            http: {secret: [hunter2]}
            proxy: {remoteurl: 'https://x', password: [hunter2]}
            notifications: {endpoints: [{url: 'http://a/', headers: {Authorization: hunter2}}]}
            """
        let found = diagnostics(text, ["REGISTRY_REDIS_PASSWORD": "{a: hunter2}", "REGISTRY_REDIS_ADDRS": "['a:1']"])
        #expect(found.count >= 5)
        #expect(!found.map(\.description).joined().contains("hunter2"))
    }
}
