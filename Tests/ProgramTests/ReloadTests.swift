import Foundation
import ShellSupport
import Testing

@Suite("A configuration that is read again at SIGHUP")
struct ReloadTests {
    @Test("what can change holds for later requests, what can't is named, and a broken file changes nothing")
    func reload() async throws {
        let scratch = try ScratchFolder(name: "reload")
        defer { scratch.remove() }
        let file = scratch.path("config.yml")
        func write(_ more: String) throws {
            let text = "version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}}\n" + more
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try write("catalog: {maxentries: 7}\n")
        let registry = try await RegistryProcess.start(.registryd, file: file)
        defer { registry.send(signal: SIGKILL) }
        #expect(try await registry.wire.send(WireRequest("GET", "/v2/")).status == 200)

        try write("auth: {silly: {realm: here, service: there}}\nhttp: {draintimeout: 7s}\n")
        registry.send(signal: SIGHUP)
        try await eventually("the reload") {
            try await registry.wire.send(WireRequest("GET", "/v2/")).status == 401
        }
        try await eventually("the key that needs a restart") {
            registry.hasPrinted("needs a restart") && registry.hasPrinted("http.draintimeout")
        }

        try write("auth: {silly: {realm: here}}\n")
        registry.send(signal: SIGHUP)
        try await eventually("the refusal") { registry.hasPrinted("auth.silly.service") }
        #expect(try await registry.wire.send(WireRequest("GET", "/v2/")).status == 401)

        try write("")
        registry.send(signal: SIGHUP)
        try await eventually("the second reload") {
            try await registry.wire.send(WireRequest("GET", "/v2/")).status == 200
        }
        #expect(await registry.stop())
    }

    @Test("no request fails while the configuration is read again and again")
    func reloadUnderLoad() async throws {
        let registry = try await RegistryProcess.start(.registryd)
        defer { registry.send(signal: SIGKILL) }
        let digest = try await registry.reader.push(
            ImageLayout.image("reload", layerSizes: [70_000]),
            to: "a",
            tag: "1"
        )
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<60 {
                        let answer = try await registry.wire.send(WireRequest("GET", "/v2/a/manifests/\(digest)"))
                        guard answer.status == 200 else { return answer.status }
                    }
                    return 200
                }
            }
            for _ in 0..<20 {
                registry.send(signal: SIGHUP)
                try await Task.sleep(for: .milliseconds(5))
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(registry.hasPrinted("configuration read again"))
        #expect(await registry.stop())
    }
}

/// Asks every 20 ms until it is so.
///
/// - Throws: ``CommandFailure`` when it isn't so after 20 seconds.
func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<1000 {
        if try await isSo() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw CommandFailure("waited in vain for \(what)")
}
