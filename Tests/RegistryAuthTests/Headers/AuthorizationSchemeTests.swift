import RegistryAuth
import Testing

@Suite("The scheme of an Authorization header")
struct AuthorizationSchemeTests {
    @Test(
        "credentials stand behind the scheme, in any case, and one space",
        arguments: [("Bearer abc", "abc"), ("bEARER abc", "abc"), ("bearer ", ""), ("Bearer  a b", " a b")]
    )
    func found(header: String, credentials: String) {
        #expect(header.credentials(of: "bearer").map(String.init) == credentials)
    }

    @Test(
        "anything else is another scheme",
        arguments: [
            "", "Bearer", "Bearerabc", "Bearer\tabc", "Basic abc", " Bearer abc", "BeareR", "\u{2}earer x", "bearér x",
        ]
    )
    func others(header: String) { #expect(header.credentials(of: "bearer") == nil) }
}
