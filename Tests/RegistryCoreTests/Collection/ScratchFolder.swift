import NIOPosix
import RegistryCore
import RegistryStorage
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Runs a body with a folder of its own, which is removed afterwards.
func withScratchFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let folder = "\(base)/registry-core-\(UInt64.random(in: .min ... .max))"
    try #require(mkdir(folder, 0o777) == 0)
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(folder)) } catch { outcome = .failure(error) }
    try await FilesystemDriver(root: folder, threadPool: .singleton).deleteTree(at: .root)
    rmdir(folder)
    return try outcome.get()
}
