import Crypto
import HTTPTypes
import NIOCore
import NIOPosix
import RegistryAuth
import RegistryCore
import RegistryHTTP
import RegistryStorage
import RegistryToken
import Testing

@Suite("The token service's endpoint")
struct TokenEndpointTests {
    private let responder: RegistryResponder
    private static let form = "application/x-www-form-urlencoded"

    init() throws {
        let key = try SigningKey(pem: P256.Signing.PrivateKey().pemRepresentation)
        let rules = AccessRules([
            .init(
                allows: true,
                subjects: [.anyUser, .anonymous],
                actions: [.pull],
                repositories: [RepositoryPattern("*")].compactMap { $0 },
                line: 1
            )
        ])
        let service = TokenService(
            .init(issuer: "us", service: "registry"),
            key: key,
            users: TrustingUsers(),
            rules: AccessRulesSource(rules)
        )
        var options = RegistryResponder.Options(uploadSecret: [1])
        options.headers = [.accessControlAllowOrigin: "*"]
        let registry = Registry(driver: MemoryDriver(), hashing: ThreadPoolTaskExecutor(.singleton))
        var responder = RegistryResponder(registry: registry, options: options)
        responder.tokens = TokenEndpoint(issuer: service)
        self.responder = responder
    }

    private func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ headers: HTTPFields = [:],
        body: String? = nil,
        length: Int64? = nil
    ) async throws -> (status: Int, headers: HTTPFields, json: JSONObject) {
        let request = HTTPRequest(method: method, scheme: "https", authority: "r", path: path, headerFields: headers)
        var parts = body.map { [ByteBuffer(string: $0)] } ?? []
        let inbox = PartsBox(parts)
        parts = []
        let content = RequestBody(length: length ?? body.map { Int64($0.utf8.count) }) { await inbox.next() }
        let response = await responder.respond(to: request, body: content, from: Peer())
        guard case .bytes(let bytes) = response.body else {
            return (response.status.code, response.headers, JSONObject())
        }
        return (response.status.code, response.headers, try #require(try JSONValue(parsing: bytes).object))
    }

    private func post(_ form: String) async throws -> (status: Int, headers: HTTPFields, json: JSONObject) {
        try await send(.post, "/token", [.contentType: Self.form], body: form)
    }

    @Test("GET gives a token, under both names and with its times, and a refresh token where one is asked for")
    func get() async throws {
        let basic: HTTPFields = [.authorization: "Basic YWxpY2U6YQ=="]
        let query = "service=registry&scope=repository:a/b:pull,push&scope=repository%3Ac%3Apull&account=alice"
        let answer = try await send(.get, "/token?\(query)&client_id=docker&offline_token=true", basic)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        let token = try #require(answer.json["token"]?.string)
        #expect(token.split(separator: ".").count == 3)
        #expect(answer.json["access_token"]?.string == token)
        #expect(answer.json["expires_in"]?.integer == 300)
        #expect(answer.json["scope"]?.string == "repository:a/b:pull repository:c:pull")
        #expect(WallTime(rfc3339: try #require(answer.json["issued_at"]?.string)) != nil)
        #expect(answer.json["refresh_token"]?.string != nil)
        let anonymous = try await send(.get, "/token?service=registry&scope=repository:a:pull")
        #expect(anonymous.status == 200)
        #expect(anonymous.json["refresh_token"] == nil)
    }

    @Test("credentials that do not hold are asked for again")
    func unauthorized() async throws {
        let answer = try await send(.get, "/token?service=registry", [.authorization: "Basic YWxpY2U6Yg=="])
        #expect(answer.status == 401)
        #expect(answer.headers[.wwwAuthenticate] == TrustingUsers.challenge)
        #expect(answer.json["errors"]?.array?.first?.object?["code"]?.string == "UNAUTHORIZED")
        for form in ["grant_type=password&username=alice&password=b", "grant_type=refresh_token&refresh_token=x"] {
            let answer = try await post(form)
            #expect(answer.status == 401)
            #expect(answer.headers[.wwwAuthenticate] == TrustingUsers.challenge)
            #expect(answer.json["error"]?.string == "invalid_grant")
        }
    }

    @Test("POST gives tokens for a password and for a refresh token")
    func form() async throws {
        let first = try await post(
            "grant_type=password&service=registry&client_id=x&access_type=offline&username=alice&password=a&scope=repository%3Aa%3Apull"
        )
        #expect(first.status == 200)
        #expect(first.json["scope"]?.string == "repository:a:pull")
        let refresh = try #require(first.json["refresh_token"]?.string)
        let second = try await post("grant_type=refresh_token&service=registry&client_id=x&refresh_token=\(refresh)")
        #expect(second.status == 200)
        #expect(second.json["access_token"]?.string != nil)
        #expect(second.json["refresh_token"] == nil)
    }

    @Test(
        "a form that lacks something is refused in the words of OAuth",
        arguments: [
            ("", "invalid_request"), ("grant_type=", "invalid_request"),
            ("grant_type=authorization_code", "unsupported_grant_type"),
            ("grant_type=password&username=alice", "invalid_request"), ("grant_type=refresh_token", "invalid_request"),
            ("grant_type=password&username=alice&password=a&password=b", "invalid_request"),
            ("grant_type=password&username=alice&password=a&service=other", "invalid_request"),
            ("grant_type=password&username=alice&password=a&scope=x", "invalid_scope"),
            ("%zz", "invalid_request"),
        ]
    )
    func broken(_ form: String, _ code: String) async throws {
        let answer = try await post(form)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?.string == code)
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test("a query's broken scope and another service are refused")
    func query() async throws {
        #expect(try await send(.get, "/token?scope=x").json["error"]?.string == "invalid_scope")
        #expect(try await send(.get, "/token?service=x").json["error"]?.string == "invalid_request")
    }

    @Test("a form that is too long, announced or not, is refused, and so is what is no form")
    func bounded() async throws {
        let long = "grant_type=password&username=" + String(repeating: "a", count: 20_000)
        #expect(try await post(long).status == 413)
        let request = HTTPRequest(
            method: .post,
            scheme: "https",
            authority: "r",
            path: "/token",
            headerFields: [.contentType: Self.form]
        )
        let endless = RequestBody(length: nil) { ByteBuffer(repeating: 0x61, count: 4096) }
        #expect(await responder.respond(to: request, body: endless, from: Peer()).status == .contentTooLarge)
        let json = try await send(.post, "/token", [.contentType: "application/json"], body: "{}")
        #expect(json.status == 400)
    }

    @Test("another method is refused, and a preflight answered")
    func methods() async throws {
        for method in [HTTPRequest.Method.put, .delete, .head, .patch] {
            let answer = try await send(method, "/token")
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "GET, OPTIONS, POST")
        }
        let preflight = try await send(.options, "/token", [.origin: "https://ui.example"])
        #expect(preflight.status == 200)
        #expect(preflight.headers[.accessControlAllowOrigin] == "*")
    }

    @Test("where there is no token service there is no endpoint")
    func absent() async throws {
        var responder = responder
        responder.tokens = nil
        let request = HTTPRequest(method: .get, scheme: "https", authority: "r", path: "/token")
        #expect(await responder.respond(to: request, body: .empty, from: Peer()).status == .notFound)
    }
}

/// The parts of a body, each given once.
private actor PartsBox {
    private var parts: [ByteBuffer]

    init(_ parts: [ByteBuffer]) { self.parts = parts }

    func next() -> ByteBuffer? { parts.isEmpty ? nil : parts.removeFirst() }
}
