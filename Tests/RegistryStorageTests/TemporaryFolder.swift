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
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let folder = "\(base)/registry-storage-\(UInt64.random(in: .min ... .max))"
    try #require(mkdir(folder, 0o777) == 0)
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body(folder)) } catch { outcome = .failure(error) }
    // Read-only folders that a test left behind can't be emptied otherwise.
    _ = chmod(folder, 0o777)
    try await FilesystemDriver(root: folder, threadPool: .singleton).deleteTree(at: .root)
    rmdir(folder)
    return try outcome.get()
}

/// The names in a folder as the kernel has them, sorted.
func names(in folder: String) throws -> [String] {
    let stream = try #require(opendir(folder))
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// A file's content as text, as the kernel has it; `nil` when there is none.
func text(ofFile path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let taken = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(taken, 0)), as: UTF8.self)
}
