/// What lines that are written for each request are put together of.
extension [UInt8] {
    /// Appends a text of the program's own.
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a text's bytes where they lie. Appended as a collection, a text costs two reference counts and twice the time,
    /// and the two lines of a request have eighteen.
    mutating func append(text: some StringProtocol) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if isDone == nil { append(contentsOf: text.utf8) }
    }

    /// Appends the decimal digits of a number that is not negative.
    mutating func append(decimal number: Int) {
        var (rest, digits) = (number / 10, 1)
        while rest > 0 { (rest, digits) = (rest / 10, digits + 1) }
        append(number, digits: digits)
    }

    /// Appends the last decimal digits of a number that is not negative, with zeros before them. From the last one on:
    /// a division by what the compiler knows is none. And all at once: each append asks whose the array is.
    mutating func append(_ number: Int, digits: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: digits) { places in
            var rest = number
            for place in places.indices.reversed() {
                places.initializeElement(at: place, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            }
            append(contentsOf: UnsafeBufferPointer(places))
        }
    }
}
