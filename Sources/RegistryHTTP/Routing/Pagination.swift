internal import HTTPTypes
internal import RegistryCore

/// The members of a list's query: how many, and after which.
struct Pagination: Sendable {
    /// How many items are wanted; `nil` when the client did not say.
    let count: Int?
    /// Only items after this one.
    let last: String?

    /// - Parameters:
    ///   - target: the request's target.
    ///   - maximum: the most items of a page.
    ///   - refusesMore: whether a larger number is refused, as the catalog does, or taken for the maximum.
    /// - Throws: ``RegistryError`` with `PAGINATION_NUMBER_INVALID`.
    init(_ target: DecodedTarget, maximum: Int, refusesMore: Bool) throws(RegistryError) {
        last = target["last"].flatMap { $0.isEmpty ? nil : $0 }
        guard let text = target["n"], !text.isEmpty else {
            count = nil
            return
        }
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            throw Self.invalid(text, "n must be a number from 0 to \(maximum)")
        }
        // Too large for an integer is larger than the maximum.
        let number = Int(text) ?? Int.max
        guard number <= maximum || !refusesMore else {
            throw Self.invalid(text, "n must be a number from 0 to \(maximum)")
        }
        count = min(number, maximum)
    }

    /// The value of a `Link` header that leads to the next page.
    static func link(path: String, last: String, count: Int?, filter: (name: String, value: String)? = nil) -> String {
        var query = ""
        if let filter { query += "\(filter.name)=\(escape(filter.value))&" }
        query += "last=\(escape(last))"
        if let count { query += "&n=\(count)" }
        return "<\(path)?\(query)>; rel=\"next\""
    }

    private static func invalid(_ text: String, _ message: String) -> RegistryError {
        RegistryError(
            .paginationNumberInvalid,
            message: "\(ErrorCode.paginationNumberInvalid.message): \(message)",
            detail: .fields([.init("n", String(text.prefix(100)))])
        )
    }

    /// Escapes a query's value as Go's `url.QueryEscape` does, which is what clients of the replaced server see.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): escaped.append("+")
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return escaped
    }
}
