internal import NIOCore
internal import RegistryAuth
internal import RegistryCore

/// Writes and signs tokens in compact form.
struct TokenText: Sendable {
    let key: SigningKey

    /// The claims of a token.
    struct Claims: Sendable {
        var issuer: String
        var subject: String
        var audience: String
        var issuedAt: Int64
        var expiration: Int64
        var identifier: String
        /// What it grants; `nil` in a refresh token, which grants nothing.
        var access: [TokenScope]?
        /// What stands for the user's credentials; only in a refresh token.
        var credentialStamp: String?
    }

    /// A signed token.
    ///
    /// - Parameter type: the header's `typ`.
    /// - Throws: what signing throws.
    func signed(_ claims: Claims, type: String) throws -> String {
        var header = ByteBuffer()
        header.writeJSONObject(["alg": key.algorithm.rawValue, "kid": key.keyID, "typ": type])
        let content = "\(UnpaddedBase64.encode(header.readableBytesView)).\(UnpaddedBase64.encode(text(claims)))"
        return "\(content).\(UnpaddedBase64.encode(try key.signature(for: Array(content.utf8))))"
    }

    private func text(_ claims: Claims) -> [UInt8] {
        var text = ByteBuffer()
        var isFirst = true
        text.writeString("{")
        var texts = [
            ("iss", claims.issuer), ("sub", claims.subject), ("aud", claims.audience), ("jti", claims.identifier),
        ]
        if let stamp = claims.credentialStamp { texts.append(("cred", stamp)) }
        for (name, value) in texts {
            text.writeJSONName(name, isFirst: &isFirst)
            text.writeJSONString(value)
        }
        for (name, value) in [("iat", claims.issuedAt), ("nbf", claims.issuedAt), ("exp", claims.expiration)] {
            text.writeJSONName(name, isFirst: &isFirst)
            text.writeString(String(value))
        }
        if let access = claims.access {
            text.writeJSONName("access", isFirst: &isFirst)
            text.writeString("[")
            for (position, scope) in access.enumerated() {
                if position > 0 { text.writeString(",") }
                text.writeString(#"{"type":"#)
                text.writeJSONString(scope.type)
                if !scope.resourceClass.isEmpty {
                    text.writeString(#","class":"#)
                    text.writeJSONString(scope.resourceClass)
                }
                text.writeString(#","name":"#)
                text.writeJSONString(scope.name)
                text.writeString(#","actions":"#)
                text.writeJSONStrings(scope.actions)
                text.writeString("}")
            }
            text.writeString("]")
        }
        text.writeString("}")
        return Array(text.readableBytesView)
    }
}
