internal import HTTPTypes
internal import RegistryAuth
internal import RegistryCore

extension Route {
    /// What a caller must be allowed to do, for a request to be answered.
    ///
    /// The replaced server wants `delete` of a client that cancels its own upload, which clients that may only push
    /// do not have; here `push` is enough.
    ///
    /// - Parameter source: the repository that a blob is to be mounted from.
    func requiredAccess(_ method: HTTPRequest.Method, mountingFrom source: RepositoryName?) -> [Access] {
        if case .catalog = self { return [Access(.all, to: .catalog)] }
        guard let repository else { return [] }
        var accesses: [Access]
        switch (self, method) {
        case (_, .get), (_, .head): accesses = [Access(.pull, to: .repository(repository))]
        case (.upload, .delete), (_, .post), (_, .put), (_, .patch):
            accesses = [Access(.pull, to: .repository(repository)), Access(.push, to: .repository(repository))]
        case (_, .delete): accesses = [Access(.delete, to: .repository(repository))]
        default: accesses = []
        }
        if let source { accesses.append(Access(.pull, to: .repository(source))) }
        return accesses
    }
}

extension AccessRequest {
    /// What a request says of its caller, and what it needs.
    init(_ request: HTTPRequest, _ peer: Peer, wanting accesses: [Access]) {
        let forwarded = request.headerFields.value(of: .forwardedProto)?.prefix { $0 != "," }.lowercased()
        self.init(
            authorization: request.headerFields.value(of: .authorization),
            accesses: accesses,
            host: request.authority,
            forwardedScheme: forwarded == "http" || forwarded == "https" ? forwarded : nil,
            certificateName: peer.certificateName
        )
    }
}
