/// The configurations that both registries are started with.
extension Start {
    private static let htpasswd = """
        auth:
          htpasswd:
            realm: a
            path: {ROOT}/htpasswd

        """

    static let all: [Start] = versions + storage + keys + authentication + variables

    private static let versions: [Start] = [
        Start(name: "the least that a file can say", peer: .serves(200)),
        Start(
            name: "a quoted version",
            file: minimal.replacing("version: 0.1", with: "version: '0.1'"),
            peer: .serves(200)
        ),
        Start(name: "no version", file: minimal.replacing("version: 0.1", with: ""), peer: .refuses),
        Start(name: "another version", file: minimal.replacing("version: 0.1", with: "version: 0.2"), peer: .refuses),
        Start(name: "an empty file", file: "", peer: .refuses),
        Start(name: "a file that isn't YAML", file: "version: 0.1\n  storage: [", peer: .refuses),
        Start(name: "a list", file: "- version: 0.1\n", peer: .refuses),
    ]

    private static let storage: [Start] = [
        Start(
            name: "no storage",
            file: "version: 0.1\nhttp:\n  addr: 127.0.0.1:{PORT}\n",
            peer: .refuses
        ),
        Start(
            name: "a driver by its bare name",
            file: "version: 0.1\nstorage: inmemory\nhttp:\n  addr: 127.0.0.1:{PORT}\n",
            peer: .serves(200)
        ),
        Start(
            name: "an unknown driver",
            file: "version: 0.1\nstorage: floppy\nhttp:\n  addr: 127.0.0.1:{PORT}\n",
            peer: .refuses
        ),
        Start(
            name: "two drivers",
            file: "version: 0.1\nstorage:\n  inmemory:\n  filesystem:\nhttp:\n  addr: 127.0.0.1:{PORT}\n",
            peer: .refuses
        ),
        Start(
            name: "a bad number of threads",
            file: minimal.replacing("/data\n", with: "/data\n    maxthreads: many\n"),
            peer: .refuses
        ),
        Start(
            name: "deletion by a text instead of a boolean",
            file: minimal.replacing("http:", with: "  delete:\n    enabled: 'true'\nhttp:"),
            peer: .serves(200)
        ),
        Start(
            name: "a redirect that isn't a boolean",
            file: minimal.replacing("http:", with: "  redirect:\n    disable: maybe\nhttp:"),
            peer: .refuses
        ),
        Start(
            name: "read-only",
            file: minimal.replacing("http:", with: "  maintenance:\n    readonly:\n      enabled: true\nhttp:"),
            peer: .serves(200)
        ),
        Start(
            name: "a cache in memory",
            file: minimal.replacing("http:", with: "  cache:\n    blobdescriptor: inmemory\nhttp:"),
            peer: .serves(200)
        ),
        Start(
            name: "an unknown cache",
            file: minimal.replacing("http:", with: "  cache:\n    blobdescriptor: abacus\nhttp:"),
            peer: .serves(200)
        ),
    ]

    private static let keys: [Start] = [
        Start(name: "an unknown key at the top", file: minimal + "colour: blue\n", peer: .serves(200)),
        Start(name: "an unknown key within", file: minimal + "  adr: 1\n", peer: .serves(200)),
        Start(name: "a level in capitals", file: minimal + "log:\n  level: WARN\n", peer: .serves(200)),
        Start(name: "an unknown level", file: minimal + "log:\n  level: loud\n", peer: .refuses),
        Start(name: "an unknown formatter", file: minimal + "log:\n  formatter: xml\n", peer: .refuses),
        Start(name: "a duration", file: minimal + "  draintimeout: 1m30s\n", peer: .serves(200)),
        Start(name: "a duration without a unit", file: minimal + "  draintimeout: 5\n", peer: .serves(200)),
        Start(name: "a bad duration", file: minimal + "  draintimeout: soon\n", peer: .refuses),
        Start(name: "a bad address", file: minimal.replacing("127.0.0.1:{PORT}", with: "nowhere"), peer: .refuses),
        Start(
            name: "headers that are no lists",
            file: minimal + "  headers:\n    X-A: b\n",
            peer: .refuses
        ),
        Start(
            name: "a certificate that isn't there",
            file: minimal + "  tls:\n    certificate: {ROOT}/none.crt\n    key: {ROOT}/none.key\n",
            peer: .refuses
        ),
        Start(
            name: "a certificate that isn't one",
            file: minimal + "  tls:\n    certificate: {ROOT}/a.crt\n    key: {ROOT}/a.key\n",
            files: ["a.crt": "not a certificate", "a.key": "not a key"],
            peer: .refuses
        ),
        Start(
            name: "a bad expression for URLs",
            file: minimal + "validation:\n  manifests:\n    urls:\n      allow: ['(']\n",
            peer: .refuses
        ),
        Start(name: "no entries in the catalog", file: minimal + "catalog:\n  maxentries: 0\n", peer: .serves(200)),
        Start(name: "a bad host", file: minimal + "  host: 'http://[::1'\n", peer: .refuses),
    ]

    private static let authentication: [Start] = [
        Start(name: "silly", file: minimal + "auth:\n  silly:\n    realm: a\n    service: b\n", peer: .serves(401)),
        Start(name: "silly without a realm", file: minimal + "auth:\n  silly:\n    service: b\n", peer: .refuses),
        Start(
            name: "a password file",
            file: minimal + htpasswd,
            files: ["htpasswd": "a:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n"],
            peer: .serves(401)
        ),
        Start(name: "a password file that isn't there", file: minimal + htpasswd, peer: .serves(401)),
        Start(name: "htpasswd without a path", file: minimal + "auth:\n  htpasswd:\n    realm: a\n", peer: .refuses),
        Start(
            name: "a password file with a broken line",
            file: minimal + htpasswd,
            files: ["htpasswd": "nonsense\n"],
            peer: .serves(401)
        ),
        Start(
            name: "tokens without keys",
            file: minimal + "auth:\n  token:\n    realm: https://a/\n    service: b\n    issuer: c\n",
            peer: .refuses
        ),
        Start(
            name: "tokens with a bundle that isn't there",
            file: minimal
                + "auth:\n  token:\n    realm: https://a/\n    service: b\n    issuer: c\n    rootcertbundle: {ROOT}/none\n",
            peer: .refuses
        ),
        Start(name: "an unknown way to log in", file: minimal + "auth:\n  guess:\n    a: b\n", peer: .refuses),
    ]

    private static let variables: [Start] = [
        Start(
            name: "the address by a variable",
            file: minimal.replacing("{PORT}", with: "1"),
            environment: ["REGISTRY_HTTP_ADDR": "127.0.0.1:{PORT}"],
            peer: .serves(200)
        ),
        Start(
            name: "a variable that isn't YAML",
            environment: ["REGISTRY_STORAGE_DELETE_ENABLED": "[true"],
            peer: .refuses
        ),
        Start(name: "a variable of another kind", environment: ["REGISTRY_HTTP_RELATIVEURLS": "far"], peer: .refuses),
        Start(name: "an unknown variable", environment: ["REGISTRY_PORT": "tcp://10.0.0.1:5000"], peer: .serves(200)),
        Start(
            name: "a driver that takes the place of the file's",
            environment: ["REGISTRY_STORAGE": "inmemory"],
            peer: .serves(200)
        ),
        Start(
            name: "a second driver by a variable",
            environment: ["REGISTRY_STORAGE_INMEMORY": "{}"],
            peer: .refuses
        ),
        Start(
            name: "a password file by variables",
            environment: [
                "REGISTRY_AUTH": "htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM": "Registry Realm",
                "REGISTRY_AUTH_HTPASSWD_PATH": "{ROOT}/htpasswd",
            ],
            files: ["htpasswd": "a:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n"],
            peer: .serves(401)
        ),
        Start(
            name: "an index beyond a list's end",
            environment: ["REGISTRY_NOTIFICATIONS_ENDPOINTS_3_NAME": "a"],
            peer: .serves(200),
            ours: .refuses,
            reason: "version 2 drops such a variable without a word; version 3 refuses it, as we do"
        ),
        Start(
            name: "headers by a variable",
            environment: ["REGISTRY_HTTP_HEADERS": "{X-A: [b]}"],
            peer: .serves(200)
        ),
    ]
}
