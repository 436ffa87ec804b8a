internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import NIOCore
internal import RegistryCore

/// Why a file of keys can't be used.
public struct KeyFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The keys of a JSON Web Key Set ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
struct KeySet: Sendable {
    /// The keys by `kid`; by thumbprint where a key has none.
    var keys: [String: TokenKey] = [:]
    /// Why some keys are not used.
    var problems: [String] = []

    /// Reads a file's content. A key of an unknown type, or for encryption, costs the set no other key.
    ///
    /// - Throws: `KeyFileError` when it is no key set, or has no key that can be used.
    init(parsing content: [UInt8]) throws(KeyFileError) {
        let root: JSONValue
        do {
            root = try JSONValue(parsing: ByteBuffer(bytes: content), limits: JSONLimits(depth: 8, values: 20_000))
        } catch {
            throw KeyFileError("not a JSON Web Key Set: \(error)")
        }
        guard let list = root.object?["keys"]?.array else {
            throw KeyFileError("not a JSON Web Key Set: there is no list 'keys'")
        }
        for (position, value) in list.enumerated() {
            do throws(KeyFileError) {
                guard let object = value.object else { throw KeyFileError("is not an object") }
                let key = try TokenKey(object)
                let name = object["kid"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? key.thumbprint
                guard !name.isEmpty else { throw KeyFileError("has no kid") }
                keys[name] = key
            } catch {
                problems.append("keys[\(position)] \(error)")
            }
        }
        guard !keys.isEmpty else {
            throw KeyFileError("no key can be used" + (problems.first.map { ": \($0)" } ?? ""))
        }
    }
}

extension TokenKey {
    /// Takes a key of a key set.
    fileprivate init(_ object: JSONObject) throws(KeyFileError) {
        func bytes(_ name: String) throws(KeyFileError) -> [UInt8] {
            guard let text = object[name]?.string, let bytes = UnpaddedBase64.decode(text), !bytes.isEmpty else {
                throw KeyFileError("has no usable '\(name)'")
            }
            return bytes
        }
        if let use = object["use"]?.string, use != "sig" { throw KeyFileError("is not for signatures") }
        let type = object["kty"]?.string ?? ""
        let curve = object["crv"]?.string ?? ""
        do {
            switch (type, curve) {
            case ("RSA", _): self.init(.rsa(try .init(n: try bytes("n"), e: try bytes("e"))))
            case ("EC", "P-256"): self.init(.p256(try .init(x963Representation: [4] + bytes("x") + bytes("y"))))
            case ("EC", "P-384"): self.init(.p384(try .init(x963Representation: [4] + bytes("x") + bytes("y"))))
            case ("EC", "P-521"): self.init(.p521(try .init(x963Representation: [4] + bytes("x") + bytes("y"))))
            case ("OKP", "Ed25519"): self.init(.ed25519(try .init(rawRepresentation: try bytes("x"))))
            case ("oct", _): self.init(.symmetric(SymmetricKey(data: try bytes("k"))))
            default: throw KeyFileError("is of an unknown type \(type.prefix(20)) \(curve.prefix(20))")
            }
        } catch let error as KeyFileError {
            throw error
        } catch {
            throw KeyFileError("is not a valid key of its type")
        }
    }
}
