import Testing

@testable import RegistryConfiguration

/// Damaged input of all kinds: what counts is that loading always ends, with a configuration or with an error.
@Suite("Damaged configurations")
struct FuzzTests {
    private static let seedText = """
        version: 0.1
        log: {level: info, fields: {service: registry}, hooks: [{type: mail, levels: [panic], options: {from: a, to: [b]}}]}
        storage: &s
          filesystem: {rootdirectory: /data, maxthreads: 100}
          cache: {blobdescriptor: inmemory}
          maintenance: {uploadpurging: {enabled: true, age: 168h, interval: 24h, dryrun: false}}
        http:
          addr: "[::1]:5000"
          host: https://u:p@example.com
          headers: {X-A: [b, 'c', "d\\u0041"]}
          tls: {certificate: /c, key: /k, clientcas: [/a]}
        notifications: {endpoints: [{url: "http://a/", timeout: 1h30m, headers: {A: [b]}}]}
        redis: {addrs: ["a:1"], pool: {maxidle: 0x10, idletimeout: -1}}
        validation: {manifests: {urls: {allow: ["^(a|b)+$", '[a-z]{2,3}']}}}
        x: [*s, {<<: *s}, ~, !!int 3, |
          text
          ]
        """

    private static let fragments: [String] = [
        ":", "- ", "[", "]", "{", "}", "\"", "'", "\n", "\n  ", "&a", "*a", "*s", "<<: ", "!!binary ", "!!bool ", "|",
        ">",
        "#", "~", "\u{0}", "\u{FEFF}", "\u{F8FF}", "é", "\t", "%", "@", "9223372036854775808", "-", "1e999", ".nan",
        "addr: :1\n", "? ", "---\n", "...\n", "(", "\\", "\r", "\u{2028}", "0x", "-9223372036854775808",
    ]

    @Test("a mutated file is read or refused", arguments: 0..<40)
    func mutations(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        for _ in 0..<25 {
            let text = mutated(Self.seedText, &random)
            check(text, [:])
        }
    }

    @Test("mutated variables are taken or refused", arguments: 0..<20)
    func variables(seed: Int) {
        var random = SplitMix(state: UInt64(seed) &+ 1000)
        let segments = [
            "HTTP", "TLS", "CLIENTCAS", "0", "1", "STORAGE", "S3", "X", "", "LOG", "HOOKS", "REDIS", "OPTIONS",
            "NOTIFICATIONS", "ENDPOINTS", "HEADERS", "PORT", "VALIDATION", "MIDDLEWARE", "MAX", "AZURE", "-1",
        ]
        for _ in 0..<25 {
            var environment: [String: String] = [:]
            for _ in 0..<4 {
                let name = (0..<Int.random(in: 1...5, using: &random)).compactMap { _ in
                    segments.randomElement(using: &random)
                }
                let value = Self.fragments.randomElement(using: &random) ?? ""
                environment["REGISTRY_" + name.joined(separator: "_")] =
                    Bool.random(using: &random) ? value : "{a: \(value), b: [\(value)]}"
            }
            check(Bool.random(using: &random) ? Self.seedText : "version: 0.1\nstorage: inmemory", environment)
        }
    }

    @Test("every prefix of a file is read or refused")
    func prefixes() {
        for length in stride(from: 0, to: Self.seedText.count, by: 3) {
            check(String(Self.seedText.prefix(length)), [:])
        }
    }

    @Test(
        "deep nesting, unfolding aliases and great files are refused",
        arguments: [
            "x: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            "x: " + String(repeating: "{a: ", count: 5000),
            String(repeating: "- ", count: 5000),
            "a: &a [x, x, x, x, x, x, x, x]\n"
                + zip("abcdefgh", "bcdefghi").map {
                    "\($1): &\($1) [" + Array(repeating: "*\($0)", count: 8).joined(separator: ", ") + "]\n"
                }
                .joined(),
            String(repeating: "# note\n", count: 200_000),
        ]
    )
    func limits(text: String) {
        #expect(errors("version: 0.1\nstorage: inmemory\n" + text).isEmpty == false)
    }

    // MARK: -

    private func check(_ text: String, _ environment: [String: String]) {
        do {
            let configuration = try load(text, environment)
            #expect(!configuration.rendered().isEmpty)
            #expect(throws: Never.self) { try load(configuration.rendered(maskingSecrets: false)) }
        } catch {
            #expect(error.diagnostics.contains { $0.severity == .error })
            #expect(!error.description.isEmpty)
        }
    }

    private func mutated(_ text: String, _ random: inout SplitMix) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<max(1, scalars.count), using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: scalars.removeSubrange(place..<min(scalars.count, place + Int.random(in: 1...20, using: &random)))
            case 1:
                let end = min(scalars.count, place + Int.random(in: 1...40, using: &random))
                scalars.insert(contentsOf: Array(scalars[min(place, end)..<end]), at: min(place, scalars.count))
            default:
                let fragment = Self.fragments.randomElement(using: &random) ?? ""
                scalars.insert(contentsOf: fragment.unicodeScalars, at: min(place, scalars.count))
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

/// The same numbers in each run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
