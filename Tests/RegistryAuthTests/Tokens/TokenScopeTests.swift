import RegistryAuth
import RegistryCore
import Testing

@Suite("Scopes and challenges")
struct TokenScopeTests {
    @Test("a scope's name may hold a host with a port, and its type a class")
    func grammar() throws {
        let scope = try #require(TokenScope("repository(plugin):host.example:5000/a/b:pull,push,pull"))
        #expect(
            scope
                == TokenScope(
                    type: "repository",
                    resourceClass: "plugin",
                    name: "host.example:5000/a/b",
                    actions: ["pull", "push"]
                )
        )
        #expect(scope.description == "repository(plugin):host.example:5000/a/b:pull,push")
        #expect(TokenScope("registry:catalog:*")?.actions == ["*"])
        for text in ["", "a", "a:b", ":b:c", "a::c", "a(b:c:d", "a b:c:d", "a:b:c d", "a():b:c"] {
            #expect(TokenScope(text) == nil, "\(text)")
        }
    }

    @Test("scopes of one resource are joined, and too many are refused")
    func several() throws {
        let scopes = try #require(TokenScope.parse(["repository:a:pull  repository:b:pull", "repository:a:push"]))
        #expect(scopes.map(\.description) == ["repository:a:pull,push", "repository:b:pull"])
        #expect(TokenScope.parse([]) == [])
        #expect(TokenScope.parse(["a:b:c", "a:d:c"], limit: 1) == nil)
    }

    @Test("a challenge quotes what it names, and says what was wrong")
    func challenge() throws {
        let challenge = BearerChallenge(realm: #"https://a/"b\"#, service: "s\r\nX: y")
        #expect(challenge.text(for: []) == #"Bearer realm="https://a/\"b\\",service="sX: y""#)
        let access = Access(.pull, to: .repository(try RepositoryName(parsing: "a/b")))
        #expect(
            BearerChallenge(realm: "r", service: "s").text(for: [access, access], failure: .invalidToken)
                == #"Bearer realm="r",service="s",scope="repository:a/b:pull",error="invalid_token""#
        )
    }
}
