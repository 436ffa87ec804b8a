import RegistryCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The first bytes of an open file as text, read past its driver.
func descriptorText(_ file: OpenFile, count: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    let taken = pread(file.descriptor, &bytes, count, 0)
    return String(decoding: bytes.prefix(max(taken, 0)), as: UTF8.self)
}
