import Testing

@testable import RegistryConfiguration

@Suite("Loading a configuration")
struct LoadTests {
    @Test(
        "a version that isn't 0.1 is refused in the peer's words",
        arguments: [
            ("", "\"\""), ("storage: inmemory", "\"\""), ("version: 0.2", "\"0.2\""), ("version: 0.10", "\"0.10\""),
            ("version:", "\"\""), ("version: [0.1]", "\"\""),
        ]
    )
    func version(text: String, quoted: String) {
        let found = errors(text)
        #expect(found.count == 1)
        #expect(found.first?.contains("unsupported version: \(quoted)") == true)
    }

    @Test("the version may be quoted", arguments: ["0.1", "'0.1'", "\"0.1\"", "!!str 0.1"])
    func quotedVersion(version: String) throws {
        #expect(try load("version: \(version)\nstorage: inmemory").storage.driver == .inmemory)
    }

    @Test("a file that isn't YAML is refused with its place")
    func notYAML() {
        let found = errors("version: 0.1\nstorage: [inmemory\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("config.yml:3:1: error: not readable as YAML: ") == true)
        #expect(errors(" - a").first?.contains("a list; expected a map") == true)
    }

    @Test(
        "no storage is refused in the peer's words",
        arguments: ["version: 0.1", "version: 0.1\nstorage: {delete: {}}"]
    )
    func noStorage(text: String) {
        #expect(errors(text).first?.contains("no storage configuration provided") == true)
    }

    @Test("everything that is wrong is reported, in the order of the file")
    func allAtOnce() {
        let text = """
            version: 0.1
            log:
              level: wrn
            storage:
              filesytem:
                rootdirectory: /data
            http:
              addr: 5000
              relativeurls: "true"
              drainTimeout: 5s
              secrets: x
            """
        let lines = diagnostics(text, ["REGISTRY_CATALOG_MAXENTRIES": "many"]).map(\.description)
        #expect(
            lines == [
                "config.yml:3:10: error: log.level: 'wrn'; expected one of error, warn, info, debug"
                    + " (did you mean warn?)",
                "config.yml:5:3: error: storage: 'filesytem' is not a known storage driver; expected one of"
                    + " filesystem, inmemory, s3, s3aws, gcs, azure (did you mean filesystem?)",
                "config.yml:8:9: error: http.addr: '5000'; expected an address such as :5000, 127.0.0.1:5000 or"
                    + " [::1]:5000",
                "config.yml:9:17: error: http.relativeurls: 'true'; expected true or false, without quotes",
                "config.yml:10:3: warning: http.drainTimeout: is not a known key and has no effect"
                    + " (did you mean draintimeout?)",
                "config.yml:11:3: warning: http.secrets: is not a known key and has no effect (did you mean secret?)",
                "parsing environment variable REGISTRY_CATALOG_MAXENTRIES: error: catalog.maxentries: 'many';"
                    + " expected an integer",
            ]
        )
    }

    @Test("an unknown key is a warning, as the peer ignores it, and an error when strict")
    func unknownKey() throws {
        let text = "version: 0.1\nstorage: inmemory\nx-note: hello\ncertificate: /c.pem\n"
        let configuration = try load(text)
        #expect(
            configuration.warnings.map(\.description) == [
                "config.yml:3:1: warning: x-note: is not a known key and has no effect",
                "config.yml:4:1: warning: certificate: is not a known key and has no effect",
            ]
        )
        #expect(throws: ConfigurationError.self) { try Configuration.load(contents: text, strict: true) }
    }

    @Test("a key in the wrong place is told its right one")
    func misplaced() throws {
        let found = warnings("version: 0.1\nstorage: inmemory\nminimumtls: tls1.3\n")
        #expect(found.first?.hasSuffix("(did you mean http.tls.minimumtls?)") == true)
    }

    @Test("a key that a map gives twice has its last value, and a warning")
    func twice() throws {
        let text = """
            version: 0.1
            storage: {inmemory: {}}
            http:
              addr: :1
              "net": tcp
              addr: :2
              addr: :3
            """
        let configuration = try load(text)
        #expect(configuration.http.listener == ListenAddress(":3").map { .tcp($0) })
        #expect(
            configuration.warnings.map(\.description) == [
                "config.yml:4:3: warning: addr: is given again below; this value has no effect",
                "config.yml:6:3: warning: addr: is given again below; this value has no effect",
            ]
        )
    }

    @Test("anchors, aliases and merge keys are understood")
    func anchors() throws {
        let text = """
            version: 0.1
            storage: inmemory
            x: &base {timeout: 5s, threshold: 3, backoff: 2s}
            notifications:
              endpoints:
                - {<<: *base, name: a, url: "http://a/", threshold: 4}
            """
        let endpoint = try #require(try load(text).notifications.endpoints.first)
        #expect(endpoint.timeout == .seconds(5))
        #expect(endpoint.threshold == 4)
    }

    @Test("only the first document of a file counts")
    func documents() throws {
        #expect(try load("version: 0.1\nstorage: inmemory\n---\nversion: 9\n").storage.driver == .inmemory)
    }

    @Test("loglevel stands for log.level, and loses to it")
    func loglevel() throws {
        let old = try load("version: 0.1\nstorage: inmemory\nloglevel: debug")
        #expect(old.log.level == .debug)
        #expect(old.warnings.map(\.keyPath) == ["loglevel"])
        let both = try load("version: 0.1\nstorage: inmemory\nloglevel: debug\nlog: {level: warn}")
        #expect(both.log.level == .warn)
        #expect(try load("version: 0.1\nstorage: inmemory", ["REGISTRY_LOGLEVEL": "error"]).log.level == .error)
    }

    @Test("without a file the registry keeps its files beside it and listens on the loopback address")
    func builtIn() throws {
        let configuration = try Configuration.builtIn()
        guard case .filesystem(let files) = configuration.storage.driver else {
            Issue.record("another driver: \(configuration.storage.driver)")
            return
        }
        #expect(files.rootDirectory == "./data")
        #expect(configuration.http.listener == .tcp(.loopback))
        #expect(!configuration.storage.isDeleteEnabled)
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.presentKeys.isEmpty)
    }

    @Test("without a file the environment overrides what is built in")
    func builtInWithEnvironment() throws {
        let deleting = try Configuration.builtIn(environment: ["REGISTRY_STORAGE_DELETE_ENABLED": "true"])
        #expect(deleting.storage.isDeleteEnabled)
        #expect(deleting.storage.driverKey == "filesystem")
        let memory = try Configuration.builtIn(environment: ["REGISTRY_STORAGE": "inmemory"])
        #expect(memory.storage.driver == .inmemory)
        #expect(memory.presentKeys == [.init(path: "storage.inmemory", origin: .environment("REGISTRY_STORAGE"))])
    }

    @Test("the keys that somebody set are listed, whole or below some paths")
    func presentKeys() throws {
        let configuration = try load(
            "version: 0.1\nstorage: {inmemory: , tag: {concurrencylimit: 2}}\nhttp: {h2c: {enabled: true}}",
            ["REGISTRY_HTTP_HTTP2_DISABLED": "true", "REGISTRY_HTTP_ADDR": ":1"]
        )
        #expect(
            configuration.presentKeys.map(\.path) == [
                "version", "storage.inmemory", "storage.tag.concurrencylimit", "http.addr", "http.http2.disabled",
                "http.h2c.enabled",
            ]
        )
        let set = configuration.keysSet(under: ["http.h2", "http.http2", "http.h2c.enabled", "proxy"])
        #expect(
            set.map { "\($0.path) \($0.origin)" } == [
                "http.http2.disabled REGISTRY_HTTP_HTTP2_DISABLED", "http.h2c.enabled config.yml:3",
            ]
        )
    }

    @Test("settings of our own are described by the program, checked, and read back")
    func ownSettings() throws {
        let settings: [Setting] = [
            .group("access", [.string("file", default: nil), .duration("reload", default: "5s"), .strings("groups")]),
            .integer("workers", default: 4, in: 1...64), .secret("key"), .bool("eager", default: false),
            .choice("mode", ["fast", "safe"], default: "safe"), .groups("rules", [.string("name", default: nil)]),
        ]
        let text = """
            version: 0.1
            storage: inmemory
            registryd:
              access: {file: /a.yml}
              rules: [{name: one}, {name: two}]
            """
        let configuration = try Configuration.load(
            contents: text,
            environment: ["REGISTRY_REGISTRYD_WORKERS": "8"],
            extensions: settings
        )
        let own = configuration.own
        #expect(own.section("access")?.string("file") == "/a.yml")
        #expect(own.section("access")?.duration("reload") == .seconds(5))
        #expect(own.integer("workers") == 8)
        #expect(own.isSet("workers") && !own.isSet("mode"))
        #expect(own.string("mode") == "safe" && !own.bool("eager"))
        #expect(own.sections("rules").map { $0.string("name") } == ["one", "two"])
        #expect(errors(text).first?.contains("registryd.access: is not a known key") == true)
    }
}
