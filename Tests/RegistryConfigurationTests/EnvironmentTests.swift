import Testing

@testable import RegistryConfiguration

@Suite("Overrides by the environment")
struct EnvironmentTests {
    private let file = """
        version: 0.1
        log:
          fields:
            Service: registry
        storage:
          filesystem:
            rootdirectory: /data
          delete:
            enabled: true
        http:
          addr: :5000
          headers:
            X-Content-Type-Options: [nosniff]
        """

    @Test("a driver in a variable replaces the file's whole storage section")
    func driverReplaces() throws {
        let configuration = try load(
            file,
            [
                "REGISTRY_STORAGE_S3_BUCKET": "b", "REGISTRY_STORAGE": "s3", "REGISTRY_STORAGE_S3_REGION": "eu-west-1",
                "REGISTRY_STORAGE_S3_ENCRYPT": "\"true\"",
            ]
        )
        guard case .s3(let s3) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(s3.bucket == "b")
        #expect(s3.region == "eu-west-1")
        #expect(s3.isEncrypted)
        #expect(!configuration.storage.isDeleteEnabled)
    }

    @Test("a driver's parameter beside the file's other driver is refused, and says how to replace that")
    func twoDrivers() {
        let found = errors(
            file,
            ["REGISTRY_STORAGE_S3_BUCKET": "b", "REGISTRY_STORAGE_S3_REGION": "eu-west-1"]
        )
        #expect(found.count == 1)
        #expect(
            found.first?.contains(
                "multiple storage drivers specified in configuration or environment: filesystem, s3"
            ) == true
        )
        #expect(found.first?.contains("REGISTRY_STORAGE=s3") == true)
    }

    @Test("authentication can be set by variables alone")
    func auth() throws {
        let configuration = try load(
            file,
            [
                "REGISTRY_AUTH": "htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
                "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
            ]
        )
        #expect(configuration.auth == .htpasswd(realm: "Registry Realm", path: "/auth/htpasswd"))
    }

    @Test("an element of a list of texts is replaced, and one is appended at the list's end")
    func scalarLists() throws {
        let base = Document.minimal.setting("http.tls.certificate", "c").setting("http.tls.key", "k")
            .setting("http.tls.clientcas", "[/a.pem]")
        let configuration = try load(
            base,
            [
                "REGISTRY_HTTP_TLS_CLIENTCAS_0": "/new.pem", "REGISTRY_HTTP_TLS_CLIENTCAS_1": "/b.pem",
                "REGISTRY_REDIS_ADDRS_0": "a:1", "REGISTRY_REDIS_ADDRS_1": "b:2",
            ]
        )
        #expect(configuration.http.tls?.clientCAs == ["/new.pem", "/b.pem"])
        #expect(configuration.redis?.addresses == ["a:1", "b:2"])
    }

    @Test("a list of structures grows by its index, key by key")
    func structureLists() throws {
        let configuration = try load(
            file,
            [
                "REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL": "http://a/", "REGISTRY_NOTIFICATIONS_ENDPOINTS_0_NAME": "a",
                "REGISTRY_NOTIFICATIONS_ENDPOINTS_1": "{name: b, url: 'http://b/'}",
                "REGISTRY_NOTIFICATIONS_ENDPOINTS_1_HEADERS_AUTHORIZATION_0": "Bearer x",
            ]
        )
        #expect(configuration.notifications.endpoints.map(\.name) == ["a", "b"])
        #expect(
            configuration.notifications.endpoints.last?.headers
                == [HeaderField(name: "authorization", values: ["Bearer x"])]
        )
    }

    @Test(
        "an index that isn't one is refused",
        arguments: [
            ("REGISTRY_HTTP_TLS_CLIENTCAS_1", "undefined index: 1"),
            ("REGISTRY_HTTP_TLS_CLIENTCAS_X", "non-numeric index: X"),
            ("REGISTRY_NOTIFICATIONS_ENDPOINTS_2_NAME", "undefined index: 2"),
            ("REGISTRY_NOTIFICATIONS_ENDPOINTS_NAME", "non-numeric index: NAME"),
            ("REGISTRY_NOTIFICATIONS_ENDPOINTS_-1_NAME", "non-numeric index: -1"),
            ("REGISTRY_NOTIFICATIONS_ENDPOINTS_99999999999999999999_NAME", "non-numeric index: 99999999999999999999"),
        ]
    )
    func badIndex(name: String, problem: String) {
        #expect(errors(file, [name: "a"]) == ["parsing environment variable \(name): error: \(problem)"])
    }

    @Test("maps take new keys in lower case and keep the spelling of keys that the file has")
    func maps() throws {
        let configuration = try load(
            file,
            [
                "REGISTRY_LOG_FIELDS_SERVICE": "mirror", "REGISTRY_LOG_FIELDS_ZONE": "eu",
                "REGISTRY_HTTP_HEADERS_X-CONTENT-TYPE-OPTIONS": "[none]",
                "REGISTRY_HTTP_HEADERS_X-FRAME-OPTIONS": "[DENY]",
            ]
        )
        #expect(configuration.log.fields == ["Service": "mirror", "zone": "eu"])
        #expect(
            configuration.http.headers == [
                HeaderField(name: "X-Content-Type-Options", values: ["none"]),
                HeaderField(name: "x-frame-options", values: ["DENY"]),
            ]
        )
    }

    @Test("a variable may hold a whole map")
    func wholeMap() throws {
        let configuration = try load(file, ["REGISTRY_HTTP_HEADERS": "{X-A: [b, c]}"])
        #expect(configuration.http.headers == [HeaderField(name: "X-A", values: ["b", "c"])])
    }

    @Test("keys that hold underscores are found by the longest match")
    func underscores() throws {
        let configuration = try load(
            "version: 0.1\nstorage:\n  azure: {accountname: n, container: c}\nlog: {fields: {a_b: 1, a: {b: 2}}}",
            [
                "REGISTRY_STORAGE_AZURE_MAX_RETRIES": "7", "REGISTRY_STORAGE_AZURE_RETRY_DELAY": "2s",
                "REGISTRY_LOG_FIELDS_A_B": "3",
            ]
        )
        guard case .azure(let azure) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(azure.maxRetries == 7)
        #expect(azure.retryDelay == .seconds(2))
        #expect(effective("log.fields", in: configuration).map(flat) == "{a_b:3,a:{b:2}}")
    }

    @Test("credentials of Google's cloud can be set key by key")
    func gcsCredentials() throws {
        let configuration = try load(
            "version: 0.1\nstorage: {gcs: {bucket: b}}",
            [
                "REGISTRY_STORAGE_GCS_CREDENTIALS": "{type: service_account, private_key: \"a\\nb\"}",
                "REGISTRY_STORAGE_GCS_CREDENTIALS_PRIVATE_KEY": "c",
            ]
        )
        guard case .gcs(let gcs) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(gcs.credentialsJSON == #"{"type":"service_account","private_key":"c"}"#)
    }

    @Test(
        "a variable that means nothing is reported and changes nothing",
        arguments: [
            "REGISTRY_PORT", "REGISTRY_PORT_5000_TCP", "REGISTRY_PORT_5000_TCP_ADDR", "REGISTRY_SERVICE_HOST",
            "REGISTRY_SERVICE_PORT", "REGISTRY_STORAGE_PORT_80_TCP_PROTO", "REGISTRY_STORAGE_SERVICE_HOST",
            "REGISTRY_AUTH_SERVICE_PORT_HTTP", "REGISTRY_REDIS_PORT", "REGISTRY_", "REGISTRY_HTTP_ADDR_X",
            "REGISTRY_http_addr", "REGISTRY_HTTP__ADDR",
        ]
    )
    func unrecognized(name: String) throws {
        let configuration = try load(file, [name: "tcp://10.0.0.1:5000"])
        #expect(configuration.warnings.map(\.problem) == ["Ignoring unrecognized environment variable \(name)"])
        #expect(typed(configuration) == typed(try load(file)))
    }

    @Test("a misspelt variable's warning names the right one")
    func misspelt() {
        #expect(
            warnings(file, ["REGISTRY_HTTP_DRAINTIMOUT": "5s"]).first?
                .hasSuffix("(did you mean REGISTRY_HTTP_DRAINTIMEOUT?)") == true
        )
        #expect(
            warnings(file, ["REGISTRY_HEALTH_FILECHECKER_0_FILE": "/x"]).first?
                .hasSuffix("(did you mean REGISTRY_HEALTH_FILECHECKERS_0_FILE?)") == true
        )
    }

    @Test("the configuration's path, the version and other programs' variables are no overrides")
    func notOverrides() throws {
        let environment = [
            "REGISTRY_CONFIGURATION_PATH": "/etc/x.yml", "REGISTRY_VERSION": "0.2", "registry_http_addr": ":1",
            "XREGISTRY_HTTP_ADDR": ":1", "REGISTRY": "x",
        ]
        #expect(try load(file, environment) == load(file))
    }

    @Test("a variable that isn't YAML is refused by its name")
    func notYAML() {
        let found = errors(file, ["REGISTRY_PROXY_PASSWORD": "@secret"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("parsing environment variable REGISTRY_PROXY_PASSWORD: error: ") == true)
        #expect(found.first?.contains("secret") == false)
    }

    @Test("an empty variable takes back what the file says")
    func empty() throws {
        let configuration = try load(file, ["REGISTRY_HTTP_HEADERS": "", "REGISTRY_HTTP_ADDR": "''"])
        #expect(configuration.http.headers.isEmpty)
        #expect(configuration.http.listener == .tcp(.loopback))
    }

    @Test("an override under a value of the wrong kind doesn't hide that value")
    func blocked() {
        let found = errors("version: 0.1\nstorage: inmemory\nhttp: wrong", ["REGISTRY_HTTP_ADDR": ":1"])
        #expect(found == ["config.yml:3:7: error: http: 'wrong'; expected a map"])
    }

    @Test("a driver written as a bare name takes overrides beside it")
    func bareName() throws {
        let configuration = try load(
            "version: 0.1\nstorage: inmemory",
            ["REGISTRY_STORAGE_DELETE_ENABLED": "true"]
        )
        #expect(configuration.storage.driver == .inmemory)
        #expect(configuration.storage.isDeleteEnabled)
    }

    @Test("overriding one key of the purging keeps the defaults of the others")
    func purging() throws {
        let configuration = try load(file, ["REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING_AGE": "24h"])
        #expect(configuration.storage.uploadPurging.isEnabled)
        #expect(configuration.storage.uploadPurging.age == .seconds(86_400))
        #expect(configuration.storage.uploadPurging.interval == .seconds(86_400))
    }

    @Test("the whole of the inlined redis options can be set, and the parts of that afterwards")
    func redisOptions() throws {
        let configuration = try load(
            file,
            ["REGISTRY_REDIS_OPTIONS": "{addrs: ['a:1'], db: 2}", "REGISTRY_REDIS_OPTIONS_DB": "3"]
        )
        #expect(configuration.redis?.addresses == ["a:1"])
        #expect(configuration.redis?.database == 3)
    }
}
