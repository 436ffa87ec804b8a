import Testing

@testable import RegistryStorage

@Suite("what is mounted")
struct MountTableTests {
    private let table = MountTable(
        """
        22 1 0:21 / /proc rw,nosuid shared:12 - proc proc rw
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
        36 27 8:17 /a\\040b /mnt/a\\040- rw,noatime master:1 propagate_from:2 - xfs /dev/sdb1 rw
        37 27 259:300000 / /c rw shared:3 - ext2 /dev/nvme0n1 rw
        38 27 8:18 / /broken rw
        """
    )

    @Test(
        "a device's file system is found by its number, and none where the list has none",
        arguments: [
            (0xFE00, "ext4"), (0x0811, "xfs"), (259 << 8 | 300_000 & 0xFF | UInt64(300_000 & ~0xFF) << 12, "ext2"),
            (0x15, "proc"), (0x0812, nil), (0x0101, nil),
        ] as [(UInt64, String?)]
    )
    func kind(device: UInt64, name: String?) {
        #expect(table.kind(of: device).map(String.init) == name)
    }

    @Test("this machine's own list has the file system of a temporary folder, or none by that number")
    func current() async throws {
        try await withTemporaryFolder { folder in
            let device = try FileStatus(at: folder).identity.device
            #expect(MountTable.current.kind(of: device)?.isEmpty != true)
        }
    }
}
