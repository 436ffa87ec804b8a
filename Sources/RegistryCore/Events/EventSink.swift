/// What wants to know of pulls, pushes and deletions: the port that notifications are delivered through.
public protocol EventSink: Sendable {
    /// Takes an event. It must return at once: a sink that delivers to others keeps a bounded queue of its own.
    func record(_ event: RegistryEvent)

    /// Whether it takes events now; while it doesn't, none is made for it. It is asked for each.
    var isListening: Bool { get }
}

extension EventSink {
    /// Always.
    public var isListening: Bool { true }
}

/// Something that happened to a repository's content.
public struct RegistryEvent: Sendable, Hashable {
    /// What happened.
    public enum Action: String, Sendable, Hashable {
        /// Content was read, or its existence was asked for.
        case pull
        /// Content was accepted.
        case push
        /// A blob of another repository became part of this one.
        case mount
        /// Content is no longer part of the repository.
        case delete
    }

    /// What happened.
    public var action: Action
    /// Where.
    public var repository: RepositoryName
    /// The content's address; `nil` when a tag was deleted.
    public var digest: Digest?
    /// The content's type; `nil` where it is not known.
    public var mediaType: MediaType?
    /// The content's length in bytes; `nil` where it is not known.
    public var size: Int64?
    /// The tag, when the content was addressed by one.
    public var tag: Tag?
    /// Where a mounted blob came from.
    public var mountedFrom: RepositoryName?
    /// Who did it and by which request.
    public var origin: RequestOrigin

    /// Makes an event.
    public init(
        _ action: Action,
        in repository: RepositoryName,
        digest: Digest? = nil,
        mediaType: MediaType? = nil,
        size: Int64? = nil,
        tag: Tag? = nil,
        mountedFrom: RepositoryName? = nil,
        origin: RequestOrigin = .init()
    ) {
        self.action = action
        self.repository = repository
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.tag = tag
        self.mountedFrom = mountedFrom
        self.origin = origin
    }
}

/// Who calls the registry, as far as the transport knows.
public struct RequestOrigin: Sendable, Hashable {
    /// The authenticated user; `nil` when nobody is logged in.
    public var actor: String?
    /// The request's identifier.
    public var requestID: String?
    /// The client's address.
    public var address: String?
    /// The host that the client asked.
    public var host: String?
    /// The request's method.
    public var method: String?
    /// What the client calls itself.
    public var userAgent: String?

    /// Makes an origin; a program that calls the registry directly may leave it empty.
    public init(
        actor: String? = nil,
        requestID: String? = nil,
        address: String? = nil,
        host: String? = nil,
        method: String? = nil,
        userAgent: String? = nil
    ) {
        self.actor = actor
        self.requestID = requestID
        self.address = address
        self.host = host
        self.method = method
        self.userAgent = userAgent
    }
}
