import HTTPTypes
import Testing

@testable import RegistryHTTP

@Suite("The value of a header field")
struct FieldLookupTests {
    @Test("is what the subscript gives, of one, of several and of none")
    func agrees() throws {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .accept, value: "a/b"))
        fields.append(HTTPField(name: .userAgent, value: "curl"))
        fields.append(HTTPField(name: .cookie, value: "a=1"))
        fields.append(HTTPField(name: .accept, value: "c/d"))
        fields.append(HTTPField(name: .cookie, value: "b=2"))
        for name in [HTTPField.Name.accept, .userAgent, .cookie, .authorization] {
            #expect(fields.value(of: name) == fields[name])
        }
        #expect(fields.value(of: .accept) == "a/b, c/d")
        #expect(fields.value(of: try #require(HTTPField.Name("USER-agent"))) == "curl")
        #expect(fields.value(of: .authorization) == nil)
    }
}
