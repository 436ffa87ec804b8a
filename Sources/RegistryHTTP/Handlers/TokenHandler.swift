internal import HTTPTypes
internal import NIOCore
public import RegistryAuth
internal import RegistryCore

/// Where a responder answers for a token service, and the service.
public struct TokenEndpoint: Sendable {
    /// The path, such as `/token`; below the prefix that every path has, where one is configured.
    public var path: String
    /// What gives out the tokens.
    public var issuer: any TokenIssuing

    /// Makes an endpoint.
    public init(path: String = "/token", issuer: any TokenIssuing) {
        self.path = path
        self.issuer = issuer
    }

    /// The longest form that is read, in bytes.
    static let maximumForm = 16 << 10
}

/// A refusal in the form of [RFC 6749, 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
private struct GrantError: Error {
    var status: HTTPResponse.Status = .badRequest
    let code: String
    let description: String
}

extension TokenEndpoint {
    /// Answers `GET` by the
    /// [token specification](https://distribution.github.io/distribution/spec/auth/token/) and `POST` by
    /// [OAuth 2](https://distribution.github.io/distribution/spec/auth/oauth/).
    func answer(_ request: HTTPRequest, _ target: DecodedTarget, _ body: RequestBody, _ peer: Peer) async -> Response {
        let allow: HTTPFields = [.allow: "GET, OPTIONS, POST"]
        do throws(GrantError) {
            switch request.method {
            case .options: return Response(.ok, headers: allow)
            case .get: return await issued(Self.request(request, target, peer), isForm: false)
            case .post: return await issued(try await Self.request(request, body, peer), isForm: true)
            default:
                var response = Response(RegistryError(.unsupported))
                response.headers.append(contentsOf: allow)
                return response
            }
        } catch {
            return Self.refusal(error)
        }
    }

    private func issued(_ wanted: TokenRequest, isForm: Bool) async -> Response {
        do throws(TokenRefusal) {
            return Self.answer(try await issuer.issue(wanted))
        } catch {
            return Self.refusal(error, isForm: isForm)
        }
    }

    // MARK: - Requests

    private static func request(_ request: HTTPRequest, _ target: DecodedTarget, _ peer: Peer) -> TokenRequest {
        TokenRequest(
            grant: .header(request.headerFields[.authorization]),
            service: target["service"],
            scopes: target.values(of: "scope"),
            wantsRefreshToken: target["offline_token"] == "true",
            certificateName: peer.certificateName
        )
    }

    private static func request(
        _ request: HTTPRequest,
        _ body: RequestBody,
        _ peer: Peer
    ) async throws(GrantError) -> TokenRequest {
        let type = request.headerFields[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/x-www-form-urlencoded" else {
            throw GrantError(code: "invalid_request", description: "the content is not a form")
        }
        let form = DecodedTarget("?" + (try await text(body)))
        func field(_ name: String) throws(GrantError) -> String? {
            let values = form.values(of: name)
            guard values.count <= 1 else {
                throw GrantError(code: "invalid_request", description: "the form has '\(name)' twice")
            }
            return values.first.flatMap { $0.isEmpty ? nil : $0 }
        }
        func required(_ name: String) throws(GrantError) -> String {
            guard let value = try field(name) else {
                throw GrantError(code: "invalid_request", description: "the form has no '\(name)'")
            }
            return value
        }
        let grant: TokenRequest.Grant
        switch try required("grant_type") {
        case "password": grant = .password(user: try required("username"), password: try required("password"))
        case "refresh_token": grant = .refreshToken(try required("refresh_token"))
        default:
            throw GrantError(
                code: "unsupported_grant_type",
                description: "a token is given for a password or a refresh_token"
            )
        }
        return TokenRequest(
            grant: grant,
            service: try field("service"),
            scopes: form.values(of: "scope"),
            wantsRefreshToken: try field("access_type") == "offline",
            certificateName: peer.certificateName
        )
    }

    private static func text(_ body: RequestBody) async throws(GrantError) -> String {
        let tooLong = GrantError(
            status: .contentTooLarge,
            code: "invalid_request",
            description: "the form has more than \(maximumForm) bytes"
        )
        guard body.length ?? 0 <= maximumForm else { throw tooLong }
        var content = ByteBuffer()
        do {
            while var part = try await body.next() {
                content.writeBuffer(&part)
                if content.readableBytes > maximumForm { break }
            }
        } catch {
            throw GrantError(code: "invalid_request", description: "the form broke off")
        }
        guard content.readableBytes <= maximumForm else { throw tooLong }
        return String(buffer: content)
    }

    // MARK: - Answers

    private static func answer(_ token: IssuedToken) -> Response {
        var body = ByteBuffer()
        var isFirst = true
        body.writeString("{")
        var texts = [
            ("token", token.token), ("access_token", token.token), ("token_type", "Bearer"),
            ("issued_at", token.issuedAt.rfc3339), ("scope", token.scope),
        ]
        if let refresh = token.refreshToken { texts.append(("refresh_token", refresh)) }
        for (name, value) in texts {
            body.writeJSONName(name, isFirst: &isFirst)
            body.writeJSONString(value)
        }
        body.writeJSONName("expires_in", isFirst: &isFirst)
        body.writeString("\(token.lifetime)}\n")
        return Response(
            .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .bytes(body)
        )
    }

    private static func refusal(_ refusal: TokenRefusal, isForm: Bool) -> Response {
        switch refusal {
        case .unauthorized(let challenge):
            guard isForm else { return Challenge(challenges: [challenge], wanted: []).response }
            let description = "the credentials or the refresh token do not hold"
            var response = Self.refusal(
                GrantError(status: .unauthorized, code: "invalid_grant", description: description)
            )
            response.headers[.wwwAuthenticate] = challenge
            return response
        case .invalidRequest(let reason):
            return Self.refusal(GrantError(code: "invalid_request", description: reason))
        case .invalidScope(let reason):
            return Self.refusal(GrantError(code: "invalid_scope", description: reason))
        case .busy:
            return Response(RegistryError(.tooManyRequests, message: "too many logins at once; try again"))
        case .unavailable:
            return Response(RegistryError(.unavailable, message: "the token service can't sign"))
        }
    }

    private static func refusal(_ error: GrantError) -> Response {
        var body = ByteBuffer()
        body.writeJSONObject(["error": error.code, "error_description": error.description])
        body.writeString("\n")
        return Response(
            error.status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .bytes(body)
        )
    }
}
