/// Where the collection keeps what it knows, all of it below `_registryd`, where the replaced server never looks.
///
/// ```
/// _registryd/quarantine/<folder of an object>/<batch>      an object that was taken out of its folder
/// _registryd/collection/terms/<number>                     who may collect
/// _registryd/collection/seen/<shard>                       when what is in quarantine was seen there
/// _registryd/collection/last                               what the last run did
/// _registryd/collection/checkpoint/state                   how far a run is that has not ended, and what it has counted
/// _registryd/collection/checkpoint/marks/<id>              its marks, of which the state names one
/// _registryd/collection/checkpoint/growing/<id>            marks that are being written
/// _registryd/trash/<id>/deleted                            a deleted repository's name and when it was deleted
/// _registryd/trash/<id>/whole                              all of it is here
/// _registryd/trash/<id>/claimed                            the name and time, while it is removed for good
/// _registryd/trash/<id>/repository/…                       its folder
/// _registryd/deleted/<repository>/_records/<id>            what a deletion of tags, a manifest or a blob took away
/// ```
extension StoreLayout {
    static let own = StoragePath.root.appending("docker/registry/v2/_registryd")
    static let quarantine = own.appending("quarantine")
    static let quarantinedRepositories = quarantine.appending("repositories")
    static let collectionTerms = own.appending("collection/terms")
    static let lastCollection = own.appending("collection/last")
    static let checkpoint = own.appending("collection/checkpoint")
    static let checkpointState = checkpoint.appending("state")
    static let checkpointMarks = checkpoint.appending("marks")
    static let growingMarks = checkpoint.appending("growing")
    static let trash = own.appending("trash")
    static let deletions = own.appending("deleted")
    static let deletionRecordsFolder = "_records"

    static let dataName = "data"
    static let linkName = "link"
    static let layersFolder = "_layers"
    static let uploadsFolder = "_uploads"
    static let referrersFolder = "_referrers"
    static let revisionsFolder = "_manifests/revisions"
    static let tagsFolder = "_manifests/tags"

    /// The folder that holds what was taken away from a path: one object for each batch that took it.
    static func quarantinePlace(of path: StoragePath) -> StoragePath {
        let folder = path.parent ?? .root
        let base = own.parent?.description ?? ""
        return StoragePath(quarantine.description + folder.description.dropFirst(base.utf8.count)) ?? quarantine
    }

    /// Where the ledger of a part of the quarantine lies.
    static func seen(_ shard: String) -> StoragePath { own.appending("collection/seen/\(shard)/_seen") }

    static func trashRecord(_ id: String) -> StoragePath { trash.appending("\(id)/deleted") }

    static func trashEnd(_ id: String) -> StoragePath { trash.appending("\(id)/whole") }

    static func trashClaim(_ id: String) -> StoragePath { trash.appending("\(id)/claimed") }

    static func trashedRepository(_ id: String) -> StoragePath { trash.appending("\(id)/repository") }

    /// The canonical blobs' folders: one for each two digits.
    static let canonicalBlobs = blobs.appending(DigestAlgorithm.canonical.rawValue)
}
