import Testing

@testable import RegistryConfiguration

@Suite("The effective configuration")
struct RenderingTests {
    private let text = """
        version: 0.1
        log: {fields: {service: "a: b #c"}}
        storage:
          s3:
            bucket: b
            region: eu-west-1
            accesskey: a
            secretkey: hunter2
        http:
          secret: hunter2
          headers: {X-A: [one, "yes"]}
        notifications:
          endpoints:
            - name: hook
              url: https://user:hunter2@example.com/x
              headers: {Authorization: [Bearer hunter2]}
        redis: {addrs: ['localhost:6379'], password: hunter2, sentinelpassword: hunter2}
        proxy: {remoteurl: 'https://example.com', username: u, password: hunter2}
        health: {http: [{uri: 'https://example.com', headers: {X-Token: [hunter2]}}]}
        """

    @Test("each value stands with its origin")
    func origins() throws {
        let rendered = try load(text, ["REGISTRY_HTTP_ADDR": ":5001"]).rendered()
        let lines = rendered.split(separator: "\n").map(String.init)
        #expect(lines.first == "version: \"0.1\"  # config.yml:1")
        #expect(lines.contains("  addr: \":5001\"  # REGISTRY_HTTP_ADDR"))
        #expect(lines.contains("      - one  # config.yml:11"))
        #expect(lines.contains("      - \"yes\"  # config.yml:11"))
        #expect(lines.contains("    chunksize: 10485760  # default"))
        #expect(lines.contains("    - name: hook  # config.yml:14"))
        #expect(lines.contains("    service: \"a: b #c\"  # config.yml:2"))
        #expect(lines.contains("  ttl: 168h  # default"))
    }

    @Test("secrets are masked, also inside URLs, and shown only on demand")
    func secrets() throws {
        let configuration = try load(text, ["REGISTRY_LOG_HOOKS": "[]"])
        #expect(!configuration.rendered().contains("hunter2"))
        #expect(configuration.rendered().contains("https://user:***@example.com/x"))
        #expect(configuration.rendered(maskingSecrets: false).contains("secretkey: hunter2"))
        #expect(
            try !load(
                "version: 0.1\nstorage: {gcs: {bucket: b, credentials: {private_key: hunter2, n: [hunter2, {x: hunter2}]}}}"
            ).rendered().contains("hunter2")
        )
    }

    @Test("what is shown reads back as the same configuration", arguments: KeyRow.all)
    func roundTrip(_ row: KeyRow) throws {
        let configuration = try load(row.base.setting(row.path, row.yaml))
        let rendered = configuration.rendered(maskingSecrets: false)
        let again = try load(rendered)
        #expect(typed(again) == typed(configuration))
        #expect(
            again.rendered(maskingSecrets: false).split(separator: "\n").count == rendered.split(separator: "\n").count
        )
    }

    @Test(
        "texts that YAML could take for something else are quoted",
        arguments: [
            "yes", "12", "~", "", " a", "a: b", "a #b", "- x", "*a", "\"", "a\nb", "\u{1}\u{7F}\u{FEFF}", "ключ", "0x1",
            "@x", "a:", "'",
        ]
    )
    func quoting(value: String) throws {
        var document = Document.minimal
        document.set("log.fields.x", Value.quoted(value))
        let configuration = try load(load(document).rendered())
        #expect(configuration.log.fields["x"] == value)
    }
}
