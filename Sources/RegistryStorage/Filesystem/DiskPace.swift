/// How fast a disk takes what goes past the kernel's memory.
struct DiskPace {
    /// How many calls tell. A slow disk is slow in nearly all of them; a call whose thread had to wait for a processor says
    /// nothing.
    private static let judged = 12
    /// Bytes of a call that says something of the disk's speed; a shorter one is mostly waiting.
    private static let smallest = 512 << 10
    /// Bytes a second: four gigabits, so that hardly anybody who pulls what is on the disk only waits for the disk, which reads
    /// faster than it writes.
    private static let fastEnough = 500e6

    /// The calls since the disk was judged.
    private var (calls, slowCalls) = (0, 0)

    /// Takes a call into account, while which so many files shared the disk.
    ///
    /// - Returns: whether that made it known that the disk is too slow.
    mutating func count(_ bytes: Int, in time: Duration, sharedBy files: Int) -> Bool {
        guard bytes >= Self.smallest else { return false }
        calls += 1
        if Double(bytes) / (time / .seconds(1)) * Double(files) < Self.fastEnough { slowCalls += 1 }
        guard calls >= Self.judged else { return false }
        defer { (calls, slowCalls) = (0, 0) }
        return slowCalls > calls * 3 / 4
    }
}
