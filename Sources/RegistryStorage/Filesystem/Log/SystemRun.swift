#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One run of the operating system, from its start to its end. What was written to files during it can be read as long as it
/// lasts, durable or not.
package struct SystemRun: Sendable, Equatable {
    static let longest = 64

    let text: String

    /// Makes one of what tells it from others, at most 64 bytes.
    package init(_ text: String) { self.text = text }

    /// The one that this process is in (`/proc/sys/kernel/random/boot_id`, random(4)); `nil` where the system doesn't say.
    package static func current() -> SystemRun? {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let text = String(unsafeUninitializedCapacity: longest) { max(0, read(descriptor, $0.baseAddress, longest)) }
        let identity = text.prefix { $0.isHexDigit || $0 == "-" }
        return identity.count >= 32 ? SystemRun(String(identity)) : nil
    }
}
