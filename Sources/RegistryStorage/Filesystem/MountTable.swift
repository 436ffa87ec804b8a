#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What is mounted, as the kernel lists it (`/proc/self/mountinfo`, proc(5)).
struct MountTable {
    private let text: String

    /// The one of this process; empty where the system has none.
    static var current: MountTable {
        let descriptor = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return MountTable("") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &part, part.count)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return MountTable(String(decoding: bytes, as: UTF8.self))
    }

    init(_ text: String) { self.text = text }

    /// The name of the file system's kind on a device, as stat(2) gives that, such as `ext4`; `nil` where it isn't listed.
    func kind(of device: UInt64) -> Substring? {
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF
        let number = "\(major):\(minor)"
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
            guard fields.count > 6, fields[2] == number, let end = fields[6...].firstIndex(of: "-"),
                end + 1 < fields.count
            else { continue }
            return fields[end + 1]
        }
        return nil
    }
}
