/// Tar and gzip as far as a test's layer needs them: plain files, and deflate blocks that store.
public enum Archive {
    /// A tar archive (ustar) of files with mode 0644, owner 0 and time 0: the same bytes every time.
    public static func tar(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var archive: [UInt8] = []
        for file in files {
            archive += header(name: file.name, size: file.content.count)
            archive += file.content
            archive += zeros((512 - file.content.count % 512) % 512)
        }
        return archive + zeros(1024)
    }

    /// The content in gzip's format without compression, time 0.
    public static func gzip(_ content: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var start = 0
        repeat {
            let end = min(start + 65535, content.count)
            let size = UInt16(end - start)
            stream.append(end == content.count ? 1 : 0)
            stream += littleEndian(size) + littleEndian(~size)
            stream += content[start..<end]
            start = end
        } while start < content.count
        return stream + littleEndian(checksum(content)) + littleEndian(UInt32(truncatingIfNeeded: content.count))
    }

    private static func header(name: String, size: Int) -> [UInt8] {
        var block = field(name, 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8)
        block += field(octal(size, 11), 12) + field(octal(0, 11), 12)
        block += Array("        0".utf8) + field("", 100) + field("ustar", 6) + Array("00".utf8)
        block += zeros(512 - block.count)
        let sum = block.reduce(0) { $0 + Int($1) }
        block.replaceSubrange(148..<156, with: field(octal(sum, 6), 7) + [32])
        return block
    }

    private static func field(_ text: String, _ width: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(width))
        return bytes + zeros(width - bytes.count)
    }

    private static func octal(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// CRC-32 as gzip wants it.
    private static func checksum(_ content: [UInt8]) -> UInt32 {
        ~content.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
}
