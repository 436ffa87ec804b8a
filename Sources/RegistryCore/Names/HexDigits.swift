extension UInt32 {
    /// Writes the number's eight hexadecimal digits, in lower case, at a place in free bytes: all at once, since a digest has
    /// 64 of them and each request's identifier 32.
    func putHex(into free: UnsafeMutableRawBufferPointer, at offset: Int) {
        var nibbles = UInt64(self)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // One in each byte that is a letter's.
        let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        let digits = nibbles + 0x3030_3030_3030_3030 + letters * 39
        free.storeBytes(of: digits.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
}
