/// Why TLS can't be set up as it is configured.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and in which file or setting, for a person who can mend it.
    public let description: String

    init(_ description: String) { self.description = description }
}
