/// Where retention keeps what it knows, beside what the collection keeps (``own``).
///
/// ```
/// _registryd/pulls/recording                               since when pulls are recorded
/// _registryd/pulls/repositories/<name>/_pulls              when a repository's manifests were pulled last
/// _registryd/retention/last                                what the last run did
/// _registryd/retention/taken/<name>/_tags/<tag>            a tag's pointer, for the moment in which it is removed
/// ```
extension StoreLayout {
    static let pullRecording = own.appending("pulls/recording")
    static let lastRetention = own.appending("retention/last")
    static let takenTags = own.appending("retention/taken")
    /// The folder in a repository's folder of ``takenTags``.
    static let takenFolder = "_tags"

    static func pulls(in name: RepositoryName) -> StoragePath {
        own.appending("pulls/repositories/\(name)/_pulls")
    }

    static func takenTag(_ tag: Tag, in name: RepositoryName) -> StoragePath {
        takenTags.appending("\(name)/\(takenFolder)/\(tag)")
    }
}
