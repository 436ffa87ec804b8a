import Foundation
import ShellSupport
import Testing

/// Real clients, as Debian packages them, against the registry as a process: each pushes and pulls, and the digests are
/// compared. One client at a time: they are heavy, and the machine is shared with the other suites.
@Suite(.serialized, .enabled(if: SlowTests.enabled, "REGISTRYD_SLOW_TESTS=1 runs the real clients"))
enum Interoperability {}

/// What every client test needs: a registry, a work folder, images on disk, and a home for the client's own files.
struct ClientBench {
    let registry: RegistryProcess
    let scratch: ScratchFolder
    /// A folder with an OCI layout of `image`.
    let imageLayout: String
    /// A folder with an OCI layout of `index`.
    let indexLayout: String

    /// An image of three layers.
    static let image = ImageLayout.image("plain")
    /// One of the images of the index.
    static let arm = ImageLayout.image("arm", architecture: "arm64", layerSizes: [30_000, 70_000])
    /// An index of two platforms.
    static let index = ImageLayout.index([image, arm])

    /// What keeps a client from reading or writing the user's own files.
    var environment: [String: String] {
        [
            "HOME": scratch.string("home"),
            "XDG_RUNTIME_DIR": scratch.string("run"),
            "TMPDIR": scratch.string("tmp"),
            "REGISTRY_AUTH_FILE": scratch.string("auth.json"),
            "DOCKER_CONFIG": scratch.string("home"),
        ]
    }

    /// Runs a body with a fresh registry and a fresh folder; both go afterwards.
    ///
    /// - Parameter variables: `REGISTRY_*` variables of the registry.
    static func with(
        registry variables: [String: String] = [:],
        _ body: (ClientBench) async throws -> Void
    ) async throws {
        let scratch = try ScratchFolder(name: "client")
        defer { scratch.remove() }
        for folder in ["home", "run", "tmp"] { _ = try scratch.makeFolder(folder) }
        for file in ["auth.json", "home/config.json"] { try Data("{}".utf8).write(to: scratch.path(file)) }
        try ImageLayout.write(image, to: scratch.path("image"))
        try ImageLayout.write(index, to: scratch.path("index"))
        try await RegistryProcess.with(environment: variables) { registry in
            try await body(
                ClientBench(
                    registry: registry,
                    scratch: scratch,
                    imageLayout: scratch.string("image"),
                    indexLayout: scratch.string("index")
                )
            )
        }
    }

    /// A client's command in this bench's surroundings.
    func command(_ name: String, _ arguments: [String], environment more: [String: String] = [:]) -> Command {
        Command(name, arguments, environment: environment.merging(more) { $1 }, in: scratch.url)
    }

    /// A repository of the registry, as clients write it.
    func reference(_ rest: String) -> String { "\(registry.authority)/\(rest)" }
}
