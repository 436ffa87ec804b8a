/// Where everything lies below the root of a store: the layout of the replaced server, to the byte.
///
/// ```
/// /docker/registry/v2
///   blobs/<algorithm>/<2 digits>/<hex>/data
///   repositories/<name>/_layers/<algorithm>/<hex>/link
///   repositories/<name>/_manifests/revisions/<algorithm>/<hex>/link
///   repositories/<name>/_manifests/tags/<tag>/current/link
///   repositories/<name>/_manifests/tags/<tag>/index/<algorithm>/<hex>/link
///   repositories/<name>/_uploads/<id>/{data,startedat,hashstates/<algorithm>/<offset>}
///   repositories/<name>/_referrers/<algorithm>/<hex>/<algorithm>-<hex>     ours; derived from the manifests
///   _registryd/upload-secret                                              ours; a setting that replicas share
///   _registryd/damaged/<algorithm>/<hex>/<unique name>                    ours; broken bytes that were set aside
/// ```
/// The replaced server skips names that begin with `_` where it looks for repositories, so what is ours is invisible
/// to it.
enum StoreLayout {
    private static let base = StoragePath.root.appending("docker/registry/v2")

    static let repositories = base.appending("repositories")
    static let blobs = base.appending("blobs")
    static let uploadSecret = base.appending("_registryd/upload-secret")

    /// Where servers note that they are there.
    static let servers = base.appending("_registryd/servers")

    static func server(_ id: UploadID) -> StoragePath { servers.appending(id.description) }

    /// The folder in a repository's folder that makes it one.
    static let manifestsFolder = "_manifests"
    /// What a tag's folder holds when the tag is there.
    static let currentLink = "current/link"

    static func blobFolder(_ digest: Digest) -> StoragePath {
        let hex = digest.hex
        return blobs.appending("\(digest.algorithm.rawValue)/\(hex.prefix(2))/\(hex)")
    }

    static func blobData(_ digest: Digest) -> StoragePath {
        let (algorithm, hex) = (digest.algorithm.rawValue, digest.hex)
        return blobs.appending(ofLength: algorithm.utf8.count + hex.utf8.count + 9) { path in
            path.put(algorithm)
            path.put("/")
            path.put(String(hex.prefix(2)))
            path.put("/")
            path.put(hex)
            path.put("/data")
        }
    }

    /// Bytes that were found broken where a blob's should lie: `<hex>/<unique name>` below it.
    static func damagedBlobs(_ algorithm: DigestAlgorithm) -> StoragePath {
        base.appending("_registryd/damaged/\(algorithm.rawValue)")
    }

    static func repository(_ name: RepositoryName) -> StoragePath {
        repositories.appending(name.description)
    }

    static func layerLink(_ digest: Digest, in name: RepositoryName) -> StoragePath {
        link(digest, in: name, below: "/_layers/")
    }

    static func revisionLink(_ digest: Digest, in name: RepositoryName) -> StoragePath {
        link(digest, in: name, below: "/_manifests/revisions/")
    }

    private static func link(_ digest: Digest, in name: RepositoryName, below folder: String) -> StoragePath {
        let (name, algorithm) = (name.description, digest.algorithm)
        let length = name.utf8.count + folder.utf8.count + algorithm.rawValue.utf8.count + algorithm.hexCount + 6
        return repositories.appending(ofLength: length) { path in
            path.put(name)
            path.put(folder)
            path.put(algorithm.rawValue)
            path.put("/")
            path.put(hexOf: digest)
            path.put("/link")
        }
    }

    static func tags(in name: RepositoryName) -> StoragePath {
        repository(name).appending("_manifests/tags")
    }

    static func tag(_ tag: Tag, in name: RepositoryName) -> StoragePath {
        tags(in: name).appending(tag.description)
    }

    static func tagCurrentLink(_ tag: Tag, in name: RepositoryName) -> StoragePath {
        let (name, folder, tag) = (name.description, "/_manifests/tags/", tag.description)
        let length = name.utf8.count + folder.utf8.count + tag.utf8.count + 1 + currentLink.utf8.count
        return repositories.appending(ofLength: length) { path in
            path.put(name)
            path.put(folder)
            path.put(tag)
            path.put("/")
            path.put(currentLink)
        }
    }

    static func tagIndexLink(_ digest: Digest, of tag: Tag, in name: RepositoryName) -> StoragePath {
        self.tag(tag, in: name).appending("index/\(digest.algorithm.rawValue)/\(digest.hex)/link")
    }

    static func upload(_ id: UploadID, in name: RepositoryName) -> StoragePath {
        repository(name).appending("_uploads/\(id)")
    }

    static func uploadData(_ id: UploadID, in name: RepositoryName) -> StoragePath {
        upload(id, in: name).appending("data")
    }

    static func uploadStart(_ id: UploadID, in name: RepositoryName) -> StoragePath {
        upload(id, in: name).appending("startedat")
    }

    static func uploadHashState(_ id: UploadID, at offset: Int64, in name: RepositoryName) -> StoragePath {
        upload(id, in: name).appending("hashstates/\(DigestAlgorithm.canonical.rawValue)/\(offset)")
    }

    static func referrers(of subject: Digest, in name: RepositoryName) -> StoragePath {
        repository(name).appending("_referrers/\(subject.algorithm.rawValue)/\(subject.hex)")
    }

    static func referrer(_ digest: Digest, of subject: Digest, in name: RepositoryName) -> StoragePath {
        referrers(of: subject, in: name).appending(referrerEntry(digest))
    }

    /// The name of a referrer's entry in its subject's folder; its order is that of the digests.
    static func referrerEntry(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    static func referrerDigest(ofEntry name: String) -> Digest? {
        guard let dash = name.firstIndex(of: "-") else { return nil }
        return Digest("\(name[..<dash]):\(name[name.index(after: dash)...])")
    }
}
