extension String {
    /// What stands behind the scheme and one space in the value of an `Authorization` header
    /// ([RFC 9110, 11.4](https://www.rfc-editor.org/rfc/rfc9110#section-11.4)); `nil` for another scheme.
    ///
    /// By bytes: through a text's characters it took 3,400 instructions, and every request has one.
    ///
    /// - Parameter scheme: the scheme's name in small letters.
    package func credentials(of scheme: StaticString) -> Substring? {
        let count = scheme.utf8CodeUnitCount
        var bytes = utf8.makeIterator()
        for letter in UnsafeBufferPointer(start: scheme.utf8Start, count: count) {
            guard let byte = bytes.next(), byte | 0x20 == letter else { return nil }
        }
        guard bytes.next() == UInt8(ascii: " ") else { return nil }
        return self[utf8.index(utf8.startIndex, offsetBy: count + 1)...]
    }
}
